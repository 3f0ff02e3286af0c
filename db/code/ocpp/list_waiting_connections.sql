-- Open connections of a bridge that have a command to take: one queued, and none in flight.
--
-- The poll behind the bell: a bridge that missed it finds the rows here.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, every bridge.command_poll_s and after each (re)connect.
create or replace function ocpp.list_waiting_connections(p_bridge_id uuid)
returns bigint[]
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
    return array(
        select c.id
        from (
            select distinct q.tenant_id, q.charge_point_id, q.ocpp_version
            from ops.commands as q
            inner join core.charge_points as cp
                on cp.tenant_id = q.tenant_id and cp.id = q.charge_point_id
            where
                q.state = 'queued'
                and q.expires_at > clock_timestamp()
                and fleet.may_be_sent(q.action, cp.registration_status)
            offset 0
        ) as q
        inner join ops.connections as c
            on c.tenant_id = q.tenant_id and c.charge_point_id = q.charge_point_id
        where
            c.closed_at is null
            and c.bridge_id = p_bridge_id
            and c.subprotocol = 'ocpp' || q.ocpp_version
            and not exists (
                select
                from ops.commands as f
                where
                    f.tenant_id = q.tenant_id
                    and f.charge_point_id = q.charge_point_id
                    and f.state = 'sent'
            )
        order by c.id
    );
end;
$$;
revoke all on function ocpp.list_waiting_connections(uuid) from public;
grant execute on function ocpp.list_waiting_connections(uuid) to bridge;
comment on function ocpp.list_waiting_connections(uuid) is
    'Open connections of a bridge with a command queued and none in flight.';
