-- Register a bridge process and tell it how to work.
--
-- The answer holds every setting named bridge.* under its short name, the protocols by
-- subprotocol, the actions that are batched alone, the channel that rings for commands, and the
-- digests of the schemas that are stored here: the bridge has no defaults of its own.
-- A bridge that starts has no sockets: what an earlier life of the same id left open is closed.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, once at its start and after each loss of the database.
-- Writes:    ops.bridges, ops.connections, ops.presence.
create or replace function ocpp.start_bridge(p_bridge_id uuid, p_host text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.bridges as b (id, host)
    values (p_bridge_id, left(coalesce(p_host, ''), 200))
    on conflict (id) do update
        set host = excluded.host,
            started_at = excluded.started_at,
            last_seen_at = excluded.last_seen_at,
            stopped_at = null;
    perform fleet.end_connections(
        array(
            select c.id
            from ops.connections as c
            where c.bridge_id = p_bridge_id and c.closed_at is null
        ),
        1012,
        'bridge restarted'
    );
    return (
        select jsonb_object_agg(substr(s.name, length('bridge.') + 1), s.value)
        from ops.settings as s
        where s.name like 'bridge.%'
    ) || jsonb_build_object(
        'protocols', (
            select jsonb_object_agg(l.subprotocol, l.version)
            from ocpp.list_subprotocols() as l
        ),
        'solo_actions', to_jsonb(ocpp.list_solo_actions()),
        'channel', 'bridge_' || replace(p_bridge_id::text, '-', '_'),
        'schema_digests', (
            select jsonb_object_agg(
                l.version,
                (
                    select min(m.digest)
                    from ops.message_schemas as m
                    where m.ocpp_version = l.version
                )
            )
            from ocpp.list_subprotocols() as l
        )
    );
end;
$$;
revoke all on function ocpp.start_bridge(uuid, text) from public;
grant execute on function ocpp.start_bridge(uuid, text) to bridge;
comment on function ocpp.start_bridge(uuid, text) is
    'Register a bridge process, close what its earlier life left open and return its settings.';
