-- OCPP 1.6 security whitepaper L01, SignedUpdateFirmware: fetch signed firmware and install it.
--
-- Left out, retrieveDateTime is now and requestId a number that this charger had not yet.
-- Called by: fleet.queue_command (prepare_, queued_), and when the command is finished.
-- Writes:    core.device_jobs, ops.transfer_tickets.
-- Errors:    PT400 location_not_allowed, PT400 request_id_invalid, PT409 request_id_taken.
create or replace function ocpp16.prepare_signed_update_firmware(
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
        p_charge_point.tenant_id, 'download', p_payload #>> '{firmware,location}'
    );
begin
    if v_url is not null then
        p_payload := jsonb_set(
            p_payload,
            '{firmware}',
            jsonb_build_object('retrieveDateTime', ocpp.format_timestamp(now()))
            || (p_payload -> 'firmware') || jsonb_build_object('location', v_url)
        );
    end if;
    return fleet.prepare_request_id(p_charge_point, p_payload);
end;
$$;
revoke all on function ocpp16.prepare_signed_update_firmware(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_signed_update_firmware(core.charge_points, jsonb) is
    'SignedUpdateFirmware: the address with its ticket, request id, date.';

create or replace function ocpp16.queued_signed_update_firmware(
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
        'signed_firmware',
        'download',
        p_payload #>> '{firmware,location}',
        ocpp.get_integer(p_payload, 'requestId'),
        jsonb_build_object(
            'retrieve_at', p_payload #> '{firmware,retrieveDateTime}',
            'install_at', p_payload #> '{firmware,installDateTime}'
        )
    );
end;
$$;
revoke all on function ocpp16.queued_signed_update_firmware(ops.commands, jsonb) from public;
comment on function ocpp16.queued_signed_update_firmware(ops.commands, jsonb) is
    'OCPP 1.6 SignedUpdateFirmware: remember the job and its ticket.';

create or replace function ocpp16.finished_signed_update_firmware(
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
revoke all on function ocpp16.finished_signed_update_firmware(ops.commands, jsonb, jsonb)
from public;
comment on function ocpp16.finished_signed_update_firmware(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 SignedUpdateFirmware: draw the consequences of the answer for the job.';
