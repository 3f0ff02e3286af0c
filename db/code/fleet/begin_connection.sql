-- Make a connection the one of its charge point.
--
-- Its id is the new epoch. The charger's presence is locked first, so that of two sockets that
-- open at once one is the newer; the older is closed as replaced (quirks 16 and 17), and a command
-- in flight on it is unknown. Where another bridge holds the older one, that bridge is told, so
-- that it closes its socket at once.
-- Called by: ocpp.open_connection.
-- Writes:    ops.presence (row locked), ops.connections, core.alarms, as fleet.lose_commands.
create or replace function fleet.begin_connection(p_connection ops.connections)
returns ops.connections
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connection ops.connections;
    v_replaced record;
begin
    insert into ops.presence as p (tenant_id, charge_point_id)
    values (p_connection.tenant_id, p_connection.charge_point_id)
    on conflict (tenant_id, charge_point_id) do nothing;
    perform
    from ops.presence as p
    where
        p.tenant_id = p_connection.tenant_id
        and p.charge_point_id = p_connection.charge_point_id
    for update;

    update ops.connections as c
    set closed_at = clock_timestamp(), close_code = 1008, close_reason = 'replaced'
    where
        c.tenant_id = p_connection.tenant_id
        and c.charge_point_id = p_connection.charge_point_id
        and c.closed_at is null
    returning c.id, c.bridge_id into v_replaced;
    if v_replaced.id is not null then
        perform fleet.lose_commands(array[v_replaced.id]);
        if v_replaced.bridge_id <> p_connection.bridge_id then
            perform pg_notify(
                'bridge_' || replace(v_replaced.bridge_id::text, '-', '_'),
                'close ' || v_replaced.id
            );
        end if;
    end if;
    insert into ops.connections as c (
        tenant_id, charge_point_id, bridge_id, outcome, subprotocol, remote_address, user_agent,
        is_tls, tls_version, security_profile, flags, opened_at
    )
    values (
        p_connection.tenant_id, p_connection.charge_point_id, p_connection.bridge_id, 'accepted',
        p_connection.subprotocol, p_connection.remote_address, p_connection.user_agent,
        p_connection.is_tls, p_connection.tls_version, p_connection.security_profile,
        p_connection.flags, clock_timestamp()
    )
    returning * into v_connection;
    update ops.presence as p
    set connection_id = v_connection.id,
        is_connected = true,
        last_seen_at = v_connection.opened_at
    where
        p.tenant_id = p_connection.tenant_id
        and p.charge_point_id = p_connection.charge_point_id;
    perform fleet.note_flapping(p_connection.tenant_id, p_connection.charge_point_id, null);
    return v_connection;
end;
$$;
revoke all on function fleet.begin_connection(ops.connections) from public;
comment on function fleet.begin_connection(ops.connections) is
    'Make a connection the one of its charge point and close the one before it.';
