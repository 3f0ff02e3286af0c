-- Draw the consequences for a job of what became of its command.
--
-- Accepted: the charger will do it. Unanswered: nobody knows. Anything else: it will not happen.
-- A job of which the charger reported something already is further than its command, and stays.
-- AcceptedCanceled (whitepaper, GetLog.conf and SignedUpdateFirmware.conf): the charger has given
-- up what it was doing for earlier requests of the kind.
-- p_file_name: the name that the charger said it would upload under, if it did.
-- p_reason:    why an accepted command comes to nothing all the same, else null.
-- Called by: ocpp16.finished_update_firmware, finished_signed_update_firmware,
--            finished_get_diagnostics, finished_get_log.
-- Writes:    core.device_jobs (rows locked), ops.transfer_tickets.
create or replace function fleet.settle_device_job(
    p_command ops.commands,
    p_result jsonb,
    p_file_name text,
    p_reason text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_status constant text := ocpp.get_text(p_result, 'status');
    v_job core.device_jobs;
    v_earlier_id bigint;
begin
    select j.* into v_job
    from core.device_jobs as j
    where j.tenant_id = p_command.tenant_id and j.command_id = p_command.id
    for no key update;
    if not found then
        return;
    end if;

    if p_command.state = 'accepted' and lower(v_status) = 'acceptedcanceled' then
        for v_earlier_id in
            select j.id
            from core.device_jobs as j
            where
                j.tenant_id = v_job.tenant_id
                and j.charge_point_id = v_job.charge_point_id
                and j.kind = v_job.kind
                and j.id < v_job.id
                and j.finished_at is null
            order by j.id
            for no key update
        loop
            perform fleet.move_device_job(
                v_job.tenant_id, v_earlier_id, 'cancelled', null, 'AcceptedCanceled'
            );
        end loop;
    end if;

    if p_file_name is not null then
        update core.device_jobs as j
        set file_name = left(ocpp.mask_payload(p_file_name), 500)
        where j.tenant_id = v_job.tenant_id and j.id = v_job.id;
    end if;
    -- Since now, and not since it was queued, the charger has the address.
    if p_command.state = 'accepted' then
        update ops.transfer_tickets as t
        set expires_at = greatest(
            now(), ocpp.parse_timestamp(v_job.details ->> 'retrieve_at')
        ) + make_interval(hours => access.get_setting('fleet.transfer_ticket_hours')::integer)
        where
            t.tenant_id = v_job.tenant_id
            and t.device_job_id = v_job.id
            and t.used_at is null;
    end if;
    if v_job.status_reported is not null or v_job.state = 'cancelled' then
        return;
    end if;
    perform fleet.move_device_job(
        v_job.tenant_id,
        v_job.id,
        case
            when p_command.state = 'accepted' and p_reason is null then 'scheduled'
            when p_command.state in ('unknown', 'cancelled') then p_command.state
            else 'failed'
        end,
        null,
        case p_command.state
            when 'accepted' then p_reason
            when 'rejected' then coalesce(left(v_status, 100), 'rejected')
            else p_command.state
        end
    );
end;
$$;
revoke all on function fleet.settle_device_job(ops.commands, jsonb, text, text) from public;
comment on function fleet.settle_device_job(ops.commands, jsonb, text, text) is
    'Draw the consequences for a firmware update or an upload of what became of its command.';
