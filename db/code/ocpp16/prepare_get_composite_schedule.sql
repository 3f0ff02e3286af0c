-- OCPP 1.6 §5.7, GetCompositeSchedule: of a connector that there is; 0 is the whole charge point.
--
-- Called by: fleet.queue_command.
-- Errors:    PT404 connector_unknown.
create or replace function ocpp16.prepare_get_composite_schedule(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.require_connector(
        p_charge_point, coalesce(ocpp.get_integer(p_payload, 'connectorId'), 0)
    );
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_get_composite_schedule(core.charge_points, jsonb)
from public;
comment on function ocpp16.prepare_get_composite_schedule(core.charge_points, jsonb) is
    'OCPP 1.6 GetCompositeSchedule: of a connector that there is.';
