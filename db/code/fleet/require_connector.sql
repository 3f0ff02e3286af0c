-- Refuse a connector that a charge point does not have; 0 is the whole charge point.
--
-- A charge point of which no connector is known may have any.
-- Called by: hooks of commands.
-- Errors:    PT404 connector_unknown.
create or replace function fleet.require_connector(
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
    if p_ocpp16_connector_id <> 0 and not exists (
        select
        from core.connectors as c
        where
            c.tenant_id = p_charge_point.tenant_id
            and c.charge_point_id = p_charge_point.id
        having
            count(*) = 0 and p_ocpp16_connector_id > 0
            or bool_or(c.ocpp16_connector_id = p_ocpp16_connector_id)
    ) then
        raise exception using
            errcode = 'PT404',
            message = format('the charge point has no connector %s', p_ocpp16_connector_id),
            detail = '{"error":"connector_unknown"}',
            hint = 'Take the number from ocpp16_connector_id of connectors.';
    end if;
end;
$$;
revoke all on function fleet.require_connector(core.charge_points, integer) from public;
comment on function fleet.require_connector(core.charge_points, integer) is
    'Refuse a connector that a charge point does not have.';
