-- Record the end of sockets.
--
-- Arrays run in parallel, one entry a socket; ids that are unknown or closed already are passed
-- over, so that a report can be repeated.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, when sockets have closed.
-- Writes:    ops.connections, ops.presence, core.alarms (kind compression).
create or replace function ocpp.close_connections(
    p_connection_ids bigint[],
    p_codes integer[],
    p_reasons text[]
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Without the code of each socket first: end_connections sets one for all.
    perform fleet.lock_presence(p_connection_ids);
    update ops.connections as c
    set close_code = r.code, close_reason = left(r.reason, 200)
    from unnest(p_connection_ids, p_codes, p_reasons) as r (connection_id, code, reason)
    where c.id = r.connection_id and c.closed_at is null;
    perform fleet.end_connections(p_connection_ids, null, null);
    -- Reserved bits of a frame are those of an extension that was not agreed on: compression
    -- (RFC 7692 §6). The charger may do so for ever, and somebody has to switch it off there.
    perform fleet.raise_alarm(
        c.tenant_id, c.charge_point_id, 'compression', 'warning',
        'sends compressed frames although no compression was agreed on',
        jsonb_build_object('connection_id', c.id)
    )
    from (
        select c.id, c.tenant_id, c.charge_point_id
        from unnest(p_connection_ids, p_codes, p_reasons) as r (connection_id, code, reason)
        inner join ops.connections as c on c.id = r.connection_id
        where r.code = 1002 and r.reason like 'reserved bits%'
        order by c.tenant_id, c.charge_point_id
    ) as c;
end;
$$;
revoke all on function ocpp.close_connections(bigint[], integer[], text[]) from public;
grant execute on function ocpp.close_connections(bigint[], integer[], text[]) to bridge;
comment on function ocpp.close_connections(bigint[], integer[], text[]) is
    'Record that sockets have closed, each with its WebSocket code and reason.';
