-- OCPP 1.6 §4.2, BootNotification: the charge point says what it is and learns the time.
--
-- Called by: ocpp.handle_calls.
-- Texts of any length are kept whole (quirk 49). chargeBoxSerialNumber is the deprecated name of
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
    v_device.vendor := ocpp.get_text(p_payload, 'chargePointVendor');
    v_device.model := ocpp.get_text(p_payload, 'chargePointModel');
    v_device.serial_number := coalesce(
        ocpp.get_text(p_payload, 'chargePointSerialNumber'),
        ocpp.get_text(p_payload, 'chargeBoxSerialNumber')
    );
    v_device.firmware_version := ocpp.get_text(p_payload, 'firmwareVersion');
    v_device.iccid := ocpp.get_text(p_payload, 'iccid');
    v_device.imsi := ocpp.get_text(p_payload, 'imsi');
    v_device.meter_type := ocpp.get_text(p_payload, 'meterType');
    v_device.meter_serial_number := ocpp.get_text(p_payload, 'meterSerialNumber');
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
