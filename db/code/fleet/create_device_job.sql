-- Remember what a charger is asked to fetch or to leave, and the ticket within the address.
--
-- p_location: the address as the charger gets it (fleet.prepare_location).
-- p_details:  what else was asked for; retrieve_at and install_at are when the charger may begin.
-- The ticket is good for fleet.transfer_ticket_hours after the last moment at which the charger
-- may begin; what becomes of the command shortens that (fleet.settle_device_job).
-- Called by: ocpp16.queued_update_firmware, queued_signed_update_firmware,
--            queued_get_diagnostics, queued_get_log.
-- Writes:    core.device_jobs, ops.transfer_tickets.
create or replace function fleet.create_device_job(
    p_command ops.commands,
    p_kind text,
    p_direction text,
    p_location text,
    p_request_no integer,
    p_details jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ticket constant text := substring(p_location from 'vt_[A-Za-z0-9_-]{43}');
    v_job_id bigint;
begin
    -- A row that was made in its final state asks nothing of the charger.
    if p_command.state <> 'queued' then
        return;
    end if;
    insert into core.device_jobs as j (
        tenant_id, charge_point_id, request_no, kind, url, details, command_id
    )
    values (
        p_command.tenant_id, p_command.charge_point_id, p_request_no, p_kind,
        ocpp.mask_payload(p_location), jsonb_strip_nulls(p_details), p_command.id
    )
    returning j.id into v_job_id;
    if v_ticket is not null then
        insert into ops.transfer_tickets (
            tenant_id, charge_point_id, device_job_id, direction, token_hash, expires_at
        )
        values (
            p_command.tenant_id, p_command.charge_point_id, v_job_id, p_direction,
            access.hash_token(v_ticket),
            greatest(p_command.expires_at, ocpp.parse_timestamp(p_details ->> 'retrieve_at'))
            + make_interval(hours => access.get_setting('fleet.transfer_ticket_hours')::integer)
        );
    end if;
end;
$$;
revoke all on function fleet.create_device_job(
    ops.commands, text, text, text, integer, jsonb
) from public;
comment on function fleet.create_device_job(ops.commands, text, text, text, integer, jsonb) is
    'Remember what a charger is asked to fetch or to leave, and the ticket within the address.';
