-- Tell the bridge that holds a charge point's socket that a command waits for it.
--
-- The bell only: the row is the truth, and a bridge that misses the bell finds it by its poll. A
-- charge point without a socket has nobody to ring for.
-- Called by: fleet.queue_command.
create or replace function fleet.ring_bridge(p_tenant_id bigint, p_charge_point_id bigint)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select pg_notify('bridge_' || replace(c.bridge_id::text, '-', '_'), c.id::text)
    from ops.connections as c
    where
        c.tenant_id = p_tenant_id
        and c.charge_point_id = p_charge_point_id
        and c.closed_at is null
$$;
revoke all on function fleet.ring_bridge(bigint, bigint) from public;
comment on function fleet.ring_bridge(bigint, bigint) is
    'Ring the bridge that holds a charge point''s socket, if one does.';
