-- OCPP 1.6 §5.2, ChangeAvailability: of a connector that is there, or of all (0).
--
-- Called by: fleet.queue_command.
-- Errors:    PT404 connector_unknown.
create or replace function ocpp16.prepare_change_availability(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.require_connector(p_charge_point, ocpp.get_integer(p_payload, 'connectorId'));
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_change_availability(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_change_availability(core.charge_points, jsonb) is
    'OCPP 1.6 ChangeAvailability: refuse a connector that is not there.';
