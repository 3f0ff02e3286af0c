-- OCPP 1.6 §5.18, UnlockConnector: of a connector that is there.
--
-- Called by: fleet.queue_command.
-- Errors:    PT400 connector_invalid, PT404 connector_unknown.
create or replace function ocpp16.prepare_unlock_connector(
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
    perform fleet.require_single_connector(
        p_charge_point, ocpp.get_integer(p_payload, 'connectorId')
    );
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_unlock_connector(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_unlock_connector(core.charge_points, jsonb) is
    'OCPP 1.6 UnlockConnector: refuse a connector that is not there.';
