-- OCPP 1.6 security whitepaper, SignedFirmwareStatusNotification: how a signed update goes.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Writes:    core.device_jobs, core.device_job_events.
-- Errors:    OCPP1 OccurenceConstraintViolation without status.
create or replace function ocpp16.signed_firmware_status_notification(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_status constant text := ocpp.get_text(p_payload, 'status');
begin
    if v_status is null then
        perform ocpp.refuse_payload(p_payload, 'status');
    end if;
    perform fleet.record_device_status(
        p_call, 'signed_firmware', 'firmware', ocpp.get_integer(p_payload, 'requestId'), v_status
    );
    return '{}';
end;
$$;
revoke all on function ocpp16.signed_firmware_status_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.signed_firmware_status_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 SignedFirmwareStatusNotification: file it under the update that it is about.';
