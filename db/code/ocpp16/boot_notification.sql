-- OCPP 1.6 §4.2, BootNotification: the charge point says what it is and learns the time.
--
-- Called by: ocpp.handle_calls.
-- Texts may be longer than OCPP allows (quirk 49); 500 characters of each are kept, and the
-- message log has the whole. chargeBoxSerialNumber is the deprecated name of
-- chargePointSerialNumber (§6.3) and read where that is absent.
create or replace function ocpp16.boot_notification(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_device core.charge_points;
    v_boot record;
begin
    v_device.vendor := left(ocpp.get_text(p_payload, 'chargePointVendor'), 500);
    v_device.model := left(ocpp.get_text(p_payload, 'chargePointModel'), 500);
    v_device.serial_number := left(
        coalesce(
            ocpp.get_text(p_payload, 'chargePointSerialNumber'),
            ocpp.get_text(p_payload, 'chargeBoxSerialNumber')
        ),
        500
    );
    v_device.firmware_version := left(ocpp.get_text(p_payload, 'firmwareVersion'), 500);
    v_device.iccid := left(ocpp.get_text(p_payload, 'iccid'), 500);
    v_device.imsi := left(ocpp.get_text(p_payload, 'imsi'), 500);
    v_device.meter_type := left(ocpp.get_text(p_payload, 'meterType'), 500);
    v_device.meter_serial_number := left(ocpp.get_text(p_payload, 'meterSerialNumber'), 500);
    v_device.ocpp_version := '1.6';
    v_boot := fleet.record_boot(
        p_call.tenant_id, p_call.charge_point_id, v_device, p_call.received_at
    );
    return jsonb_build_object(
        'status', v_boot.registration_status,
        'currentTime', ocpp.format_timestamp(clock_timestamp()),
        'interval', v_boot.interval_s
    );
end;
$$;
revoke all on function ocpp16.boot_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.boot_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 BootNotification: keep what the charge point is, answer time and interval.';
