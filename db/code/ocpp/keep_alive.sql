-- Report that a bridge lives, and which sockets it holds.
--
-- p_last_frame_at[i] is when socket i last gave a sign of life: any frame, a pong included
-- (OCPP 2.0.1 part 2 G02.FR.04; quirk 19).
-- Returned are the sockets that the bridge has to close now: replaced by a newer one, closed
-- here in the meantime, their charge point disabled or deleted. A connection that was taken for
-- lost does not come back to life by this report: an epoch ends once, and the charger gets a new
-- one when it reconnects, so that nobody has to reason about an epoch with a gap.
-- Presence rows that a batch holds right now are passed over: it brings them up to date itself.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, every bridge.keep_alive_interval_s.
-- Writes:    ops.bridges, ops.presence (asynchronously).
create or replace function ocpp.keep_alive(
    p_bridge_id uuid,
    p_connection_ids bigint[],
    p_last_frame_at timestamptz[]
)
returns bigint[]
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    update ops.bridges as b
    set last_seen_at = clock_timestamp(), stopped_at = null
    where b.id = p_bridge_id;

    update ops.presence as p
    set last_seen_at = s.seen_at
    from (
        select p.tenant_id, p.charge_point_id, least(r.seen_at, clock_timestamp()) as seen_at
        from unnest(p_connection_ids, p_last_frame_at) as r (connection_id, seen_at)
        inner join ops.connections as c on c.id = r.connection_id and c.bridge_id = p_bridge_id
        inner join ops.presence as p
            on p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id
        where
            p.connection_id = r.connection_id
            and p.last_seen_at < r.seen_at - interval '3 seconds'
        order by p.tenant_id, p.charge_point_id
        for update of p skip locked
    ) as s
    where p.tenant_id = s.tenant_id and p.charge_point_id = s.charge_point_id;

    return array(
        select r.connection_id
        from unnest(p_connection_ids) as r (connection_id)
        left join ops.connections as c on c.id = r.connection_id and c.bridge_id = p_bridge_id
        left join core.charge_points as cp
            on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id
        left join core.tenants as t on t.id = c.tenant_id
        where c.closed_at is not null or (cp.is_enabled and t.is_active) is not true
        order by r.connection_id
    );
end;
$$;
revoke all on function ocpp.keep_alive(uuid, bigint[], timestamptz[]) from public;
grant execute on function ocpp.keep_alive(uuid, bigint[], timestamptz[]) to bridge;
comment on function ocpp.keep_alive(uuid, bigint[], timestamptz[]) is
    'Report a bridge''s open sockets and their last sign of life; returns those it must close.';
