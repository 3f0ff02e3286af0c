-- Take leave of a bridge process: its connections are closed and its chargers offline.
--
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, when it has drained.
-- Writes:    ops.bridges, ops.connections, ops.presence.
create or replace function ocpp.stop_bridge(p_bridge_id uuid)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.bridges as b
    set stopped_at = now(), last_seen_at = now()
    where b.id = p_bridge_id and b.stopped_at is null;
    perform fleet.end_connections(
        array(
            select c.id
            from ops.connections as c
            where c.bridge_id = p_bridge_id and c.closed_at is null
        ),
        1012,
        'bridge stopped'
    );
end;
$$;
revoke all on function ocpp.stop_bridge(uuid) from public;
grant execute on function ocpp.stop_bridge(uuid) to bridge;
comment on function ocpp.stop_bridge(uuid) is
    'Close every connection of a bridge process that stops.';
