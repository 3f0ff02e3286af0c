-- Lock the presence of the charge points that some connections belong to.
--
-- Whoever opens or closes connections locks presence first and in the order of charge points, so
-- that two of them wait for each other and never deadlock.
-- Called by: fleet.end_connections, ocpp.close_connections.
create or replace function fleet.lock_presence(p_connection_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from ops.connections as c
    inner join ops.presence as p
        on p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id
    where c.id = any(p_connection_ids)
    order by p.tenant_id, p.charge_point_id
    for update of p;
end;
$$;
revoke all on function fleet.lock_presence(bigint[]) from public;
comment on function fleet.lock_presence(bigint[]) is
    'Lock the presence of the charge points of some connections, in a fixed order.';
