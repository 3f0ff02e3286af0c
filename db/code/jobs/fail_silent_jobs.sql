-- Fail firmware updates and uploads whose charger said nothing for fleet.device_job_hours.
--
-- The time counts from the last sign, and from the time at which the charger was to begin. A job
-- whose command is still waiting for its charger is not silent. One that fails so goes on when
-- the charger reports after all.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.device_jobs, ops.transfer_tickets; at most 500 jobs a run.
-- Returns:   what was done, empty for nothing.
create or replace function jobs.fail_silent_jobs()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_silent_since constant timestamptz := now() - make_interval(
        hours => access.get_setting('fleet.device_job_hours')::integer
    );
    v_count integer;
begin
    with silent as materialized (
        select j.tenant_id, j.id
        from core.device_jobs as j
        where
            j.finished_at is null
            and j.updated_at < v_silent_since
            and coalesce(
                greatest(
                    ocpp.parse_timestamp(j.details ->> 'retrieve_at'),
                    ocpp.parse_timestamp(j.details ->> 'install_at')
                ) < v_silent_since,
                true
            )
            and not exists (
                select
                from ops.commands as c
                where
                    c.tenant_id = j.tenant_id
                    and c.id = j.command_id
                    and c.state in ('queued', 'sent')
            )
        order by j.tenant_id, j.id
        limit 500
        -- A job that is reported on at this moment is not silent.
        for no key update of j skip locked
    )
    select count(*)
    into v_count
    from silent as s
    cross join lateral fleet.move_device_job(
        s.tenant_id, s.id, 'failed', null, 'silence'
    ) as m;
    if v_count = 0 then
        return '';
    end if;
    return format('failed %s silent jobs of charge points', v_count);
end;
$$;
revoke all on function jobs.fail_silent_jobs() from public;
grant execute on function jobs.fail_silent_jobs() to jobs;
comment on function jobs.fail_silent_jobs() is
    'Fail firmware updates and uploads that fell silent; returns what was done.';
