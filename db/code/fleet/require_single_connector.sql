-- Refuse a connector number that is not one of a charge point's connectors.
--
-- 0 is the charge point as a whole (OCPP 1.6 §3.8), which is none. Null is let through: a command
-- may name no connector, and one that is no number is for the schema to refuse.
-- Called by: hooks of commands for one connector.
-- Errors:    PT400 connector_invalid, PT404 connector_unknown.
create or replace function fleet.require_single_connector(
    p_charge_point core.charge_points,
    p_ocpp16_connector_id integer
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_ocpp16_connector_id < 1 then
        raise exception using
            errcode = 'PT400',
            message = 'connectors count from 1',
            detail = '{"error":"connector_invalid"}',
            hint = 'Take the number from connectors; 0 would be the whole charge point.';
    end if;
    perform fleet.require_connector(p_charge_point, p_ocpp16_connector_id);
end;
$$;
revoke all on function fleet.require_single_connector(core.charge_points, integer) from public;
comment on function fleet.require_single_connector(core.charge_points, integer) is
    'Refuse a connector number that is not one of a charge point''s connectors.';
