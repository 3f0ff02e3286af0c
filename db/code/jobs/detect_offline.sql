-- Tell of charge points that have been offline for a while, and of those that are back.
--
-- One that reconnects within fleet.offline_alert_s is told of to nobody; one that has never been
-- connected, or is disabled, is not missed.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.offline_charge_points, core.events.
create or replace function jobs.detect_offline()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before constant timestamptz := now() - make_interval(
        secs => access.get_setting('fleet.offline_alert_s')::double precision
    );
    v_online bigint;
    v_offline bigint;
begin
    with back as (
        delete from ops.offline_charge_points as g
        using ops.presence as p
        where
            p.tenant_id = g.tenant_id
            and p.charge_point_id = g.charge_point_id
            and fleet.is_online(p.is_connected, p.last_seen_at, p.heartbeat_interval_s)
        returning g.tenant_id, g.charge_point_id, g.offline_since
    )
    insert into core.events (tenant_id, type, object_type, object_id, data)
    select
        b.tenant_id, 'charge_point.online', 'charge_point', b.charge_point_id,
        jsonb_build_object('identity', cp.identity, 'offline_since', b.offline_since)
    from back as b
    inner join core.charge_points as cp
        on cp.tenant_id = b.tenant_id and cp.id = b.charge_point_id;
    get diagnostics v_online = row_count;

    with gone as (
        insert into ops.offline_charge_points (tenant_id, charge_point_id, offline_since)
        select p.tenant_id, p.charge_point_id, p.last_seen_at
        from ops.presence as p
        inner join core.charge_points as cp
            on cp.tenant_id = p.tenant_id and cp.id = p.charge_point_id and cp.is_enabled
        where
            p.last_seen_at < v_before
            and not fleet.is_online(p.is_connected, p.last_seen_at, p.heartbeat_interval_s)
        on conflict (tenant_id, charge_point_id) do nothing
        returning tenant_id, charge_point_id, offline_since
    )
    insert into core.events (tenant_id, type, object_type, object_id, data)
    select
        g.tenant_id, 'charge_point.offline', 'charge_point', g.charge_point_id,
        jsonb_build_object('identity', cp.identity, 'offline_since', g.offline_since)
    from gone as g
    inner join core.charge_points as cp
        on cp.tenant_id = g.tenant_id and cp.id = g.charge_point_id;
    get diagnostics v_offline = row_count;

    return case
        when v_online + v_offline > 0
            then format('%s charge points went offline, %s came back', v_offline, v_online)
        else ''
    end;
end;
$$;
revoke all on function jobs.detect_offline() from public;
grant execute on function jobs.detect_offline() to jobs;
comment on function jobs.detect_offline() is
    'Tell of charge points that have been offline for a while, and of those that are back.';
