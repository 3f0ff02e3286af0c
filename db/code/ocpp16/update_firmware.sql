-- OCPP 1.6 §5.19, UpdateFirmware: fetch firmware and install it.
--
-- Left out, retrieveDate is now. There is no requestId: the statuses that come go to the newest
-- update (fleet.record_device_status).
-- Called by: fleet.queue_command (prepare_, queued_), and when the command is finished.
-- Writes:    core.device_jobs, ops.transfer_tickets.
-- Errors:    PT400 location_not_allowed.
create or replace function ocpp16.prepare_update_firmware(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_url constant text := fleet.prepare_location(
        p_charge_point.tenant_id, 'download', p_payload ->> 'location'
    );
begin
    return jsonb_build_object('retrieveDate', ocpp.format_timestamp(now())) || p_payload
        || case when v_url is null then '{}' else jsonb_build_object('location', v_url) end;
end;
$$;
revoke all on function ocpp16.prepare_update_firmware(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_update_firmware(core.charge_points, jsonb) is
    'OCPP 1.6 UpdateFirmware: the address with its ticket, the date.';

create or replace function ocpp16.queued_update_firmware(
    p_command ops.commands,
    p_payload jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.create_device_job(
        p_command,
        'firmware',
        'download',
        p_payload ->> 'location',
        null,
        jsonb_build_object('retrieve_at', p_payload -> 'retrieveDate')
    );
end;
$$;
revoke all on function ocpp16.queued_update_firmware(ops.commands, jsonb) from public;
comment on function ocpp16.queued_update_firmware(ops.commands, jsonb) is
    'OCPP 1.6 UpdateFirmware: remember the job and its ticket.';

create or replace function ocpp16.finished_update_firmware(
    p_command ops.commands,
    p_payload jsonb,
    p_result jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.settle_device_job(p_command, p_result, null, null);
end;
$$;
revoke all on function ocpp16.finished_update_firmware(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_update_firmware(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 UpdateFirmware: draw the consequences of the answer for the job.';
