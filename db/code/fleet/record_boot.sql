-- Note that a charge point booted and what it said of itself; the heartbeat interval it gets.
--
-- The interval is the setting fleet.heartbeat_interval_s, or fleet.retry_interval_s for a charge
-- point that is not accepted, give or take a tenth: chargers that lost their power together must
-- not come back together for ever.
-- Called by: ocpp16.boot_notification.
-- Writes:    core.charge_points when what it says changed; ops.presence; core.alarms;
--            core.configuration_keys. Sessions stay as they are: a session may go on after a
--            power cut (quirk 72).
create or replace function fleet.record_boot(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_device core.charge_points,
    p_received_at timestamptz,
    out registration_status text,
    out interval_s integer
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_counted_since constant timestamptz := p_received_at - make_interval(
        secs => access.get_setting('fleet.flapping_window_s')::integer
    );
    v_boots integer;
begin
    update core.charge_points as cp
    set vendor = p_device.vendor,
        model = p_device.model,
        -- What an operator set stays where the charger says none.
        serial_number = coalesce(p_device.serial_number, cp.serial_number),
        firmware_version = p_device.firmware_version,
        iccid = p_device.iccid,
        imsi = p_device.imsi,
        meter_type = p_device.meter_type,
        meter_serial_number = p_device.meter_serial_number,
        ocpp_version = p_device.ocpp_version
    where
        cp.tenant_id = p_tenant_id
        and cp.id = p_charge_point_id
        and (
            cp.vendor, cp.model, cp.serial_number, cp.firmware_version, cp.iccid, cp.imsi,
            cp.meter_type, cp.meter_serial_number, cp.ocpp_version
        )
        is distinct from (
            p_device.vendor, p_device.model,
            coalesce(p_device.serial_number, cp.serial_number), p_device.firmware_version,
            p_device.iccid, p_device.imsi, p_device.meter_type, p_device.meter_serial_number,
            p_device.ocpp_version
        );

    select cp.registration_status into registration_status
    from core.charge_points as cp
    where cp.tenant_id = p_tenant_id and cp.id = p_charge_point_id;
    interval_s := greatest(
        1,
        round(
            (0.9 + 0.2 * random()) * access.get_setting(
                case registration_status
                    when 'Accepted' then 'fleet.heartbeat_interval_s'
                    else 'fleet.retry_interval_s'
                end
            )::double precision
        )
    );
    insert into ops.presence as p (
        tenant_id, charge_point_id, heartbeat_interval_s, boot_number, last_boot_at,
        boots_counted_since, boots
    )
    values (p_tenant_id, p_charge_point_id, interval_s, 1, p_received_at, p_received_at, 1)
    on conflict (tenant_id, charge_point_id) do update
        set heartbeat_interval_s = excluded.heartbeat_interval_s,
            boot_number = p.boot_number + 1,
            last_boot_at = excluded.last_boot_at,
            boots_counted_since = case
                when p.boots_counted_since > v_counted_since then p.boots_counted_since
                else p_received_at
            end,
            boots = case when p.boots_counted_since > v_counted_since then p.boots + 1 else 1 end
    returning p.boots into v_boots;
    -- What was accepted with RebootRequired holds from now on (OCPP 1.6 §7.22).
    update core.configuration_keys as k
    set needs_reboot = false
    where k.tenant_id = p_tenant_id and k.charge_point_id = p_charge_point_id and k.needs_reboot;
    perform fleet.note_flapping(p_tenant_id, p_charge_point_id, v_boots);
end;
$$;
revoke all on function fleet.record_boot(bigint, bigint, core.charge_points, timestamptz)
from public;
comment on function fleet.record_boot(bigint, bigint, core.charge_points, timestamptz) is
    'Note that a charge point booted; whether it is accepted, and its heartbeat interval.';
