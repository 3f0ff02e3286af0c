-- Bring a job of a charger into another state: the one place that does.
--
-- The row is locked by the caller. Tickets of a job that is over are over, too.
-- p_status: what the charger reported, null when the state comes from elsewhere.
-- p_reason: why, where no status says it; kept in details.
-- Called by: fleet.record_device_status, fleet.settle_device_job, jobs.fail_silent_jobs.
-- Writes:    core.device_jobs, ops.transfer_tickets.
create or replace function fleet.move_device_job(
    p_tenant_id bigint,
    p_device_job_id bigint,
    p_state text,
    p_status text,
    p_reason text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_over constant boolean := p_state in ('done', 'failed', 'cancelled');
begin
    update core.device_jobs as j
    set state = p_state,
        status_reported = coalesce(p_status, j.status_reported),
        details = case
            when p_reason is null then j.details - 'reason'
            else j.details || jsonb_build_object('reason', p_reason)
        end,
        updated_at = now(),
        finished_at = case when v_is_over then coalesce(j.finished_at, now()) end
    where j.tenant_id = p_tenant_id and j.id = p_device_job_id;
    if v_is_over then
        update ops.transfer_tickets as t
        set expires_at = now()
        where
            t.tenant_id = p_tenant_id
            and t.device_job_id = p_device_job_id
            and t.used_at is null
            and t.expires_at > now();
    end if;
end;
$$;
revoke all on function fleet.move_device_job(bigint, bigint, text, text, text) from public;
comment on function fleet.move_device_job(bigint, bigint, text, text, text) is
    'Bring a firmware update or an upload of a charger into another state.';
