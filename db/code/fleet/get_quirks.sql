-- What is known of a charge point that does not follow OCPP: its model's quirks under its own.
--
-- Of the patterns of core.model_quirks that fit vendor, model and firmware, the longer one wins
-- key by key; case does not matter, and a charger that never said what it is fits none but '%'.
-- Keys:
--     assume_subprotocol         what it speaks when it offers nothing (quirk 1)
--     settle_s                   how long a silent link rests before it takes commands
--     command_timeout_s          how long it may take to answer one
--     command_gap_s              how long it rests between two
--     refuses_boot_trigger       TriggerMessage of BootNotification makes it reboot (quirk 25)
--     refuses_get_configuration  GetConfiguration of named keys makes it reboot (quirk 26)
--     authorization_key_form     'hex' or 'text': how a new key is written
--     allows_old_tls             it may use the port for TLS 1.0 and 1.1 (quirk 14)
--     energy_unit                'kWh' or 'Wh': what it means whatever it says (quirk 56)
-- Called by: ocpp.open_connection, charging.record_meter_values, hooks of commands.
create or replace function fleet.get_quirks(p_charge_point core.charge_points)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        (
            select jsonb_object_agg(
                e.key, e.value
                order by length(q.vendor || q.model || q.firmware_version), q.id
            )
            from core.model_quirks as q
            cross join lateral jsonb_each(q.quirks) as e (key, value)
            where
                coalesce(p_charge_point.vendor, '') ilike q.vendor
                and coalesce(p_charge_point.model, '') ilike q.model
                and coalesce(p_charge_point.firmware_version, '') ilike q.firmware_version
        ),
        '{}'
    ) || coalesce(p_charge_point.quirks, '{}');
end;
$$;
revoke all on function fleet.get_quirks(core.charge_points) from public;
comment on function fleet.get_quirks(core.charge_points) is
    'Quirks of a charge point: those of its model under its own.';
