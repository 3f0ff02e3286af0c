-- Close connections, set their chargers offline and make their commands in flight unknown.
--
-- A connection is closed once and for ever, and a charger goes offline only if this connection
-- is still its newest: the end of an old socket never touches the new one (quirk 18).
-- Called by: ocpp.start_bridge, ocpp.stop_bridge, ocpp.close_connections,
--            jobs.mark_lost_connections.
-- Writes:    ops.presence, ops.connections (rows locked), as fleet.lose_commands.
-- Returns:   how many connections it closed.
create or replace function fleet.end_connections(
    p_connection_ids bigint[],
    p_code integer,
    p_reason text
)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    if coalesce(cardinality(p_connection_ids), 0) = 0 then
        return 0;
    end if;
    perform fleet.lock_presence(p_connection_ids);
    update ops.connections as c
    set closed_at = clock_timestamp(),
        close_code = coalesce(p_code, c.close_code),
        close_reason = coalesce(p_reason, c.close_reason)
    where c.id = any(p_connection_ids) and c.closed_at is null;
    get diagnostics v_count = row_count;
    update ops.presence as p
    set is_connected = false, connection_id = null
    from ops.connections as c
    where
        c.id = any(p_connection_ids)
        and p.tenant_id = c.tenant_id
        and p.charge_point_id = c.charge_point_id
        and p.connection_id = c.id;
    perform fleet.lose_commands(p_connection_ids);
    return v_count;
end;
$$;
revoke all on function fleet.end_connections(bigint[], integer, text) from public;
comment on function fleet.end_connections(bigint[], integer, text) is
    'Close connections for good and set the charge points that have no newer one offline.';
