-- Note that the charge points of some connections gave a sign of life.
--
-- Only a connection that is its charger's newest counts. Rows that somebody else is writing are
-- passed over: whoever holds them notes a sign of life as recent as this one.
-- Called by: ocpp.handle_calls.
-- Writes:    ops.presence (rows locked in the order of charge points).
create or replace function fleet.touch_presence(p_connection_ids bigint[], p_seen_at timestamptz)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.presence as p
    set last_seen_at = p_seen_at
    from (
        select s.tenant_id, s.charge_point_id
        from unnest(p_connection_ids) as t (connection_id)
        -- `offset 0` keeps these look-ups by key, whatever the planner knows of the tables.
        cross join lateral (
            select c.tenant_id, c.charge_point_id
            from ops.connections as c
            where c.id = t.connection_id
            offset 0
        ) as c
        cross join lateral (
            select p.tenant_id, p.charge_point_id
            from ops.presence as p
            where
                p.tenant_id = c.tenant_id
                and p.charge_point_id = c.charge_point_id
                and p.connection_id = t.connection_id
                and p.last_seen_at < p_seen_at
            for update skip locked
        ) as s
    ) as s
    where p.tenant_id = s.tenant_id and p.charge_point_id = s.charge_point_id;
end;
$$;
revoke all on function fleet.touch_presence(bigint[], timestamptz) from public;
comment on function fleet.touch_presence(bigint[], timestamptz) is
    'Note a sign of life of the charge points whose newest connection is among these.';
