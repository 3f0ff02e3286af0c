-- Close the connections of bridges that fell silent.
--
-- A bridge that has not reported for fleet.bridge_lease_s is gone with all its sockets. If it
-- was only slow, its next report tells it to close them, and the chargers come back.
-- When this job itself is late by a third of that time, the server may have stood still and no
-- bridge could report: all of them get a new lease, and are judged when it is over.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.bridges (row locked), ops.connections, ops.presence.
-- Returns:   what was done, empty for nothing.
create or replace function jobs.mark_lost_connections()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lease constant interval := make_interval(
        secs => access.get_setting('fleet.bridge_lease_s')::double precision
    );
    v_bridge_ids uuid[];
    v_count integer;
begin
    if exists (
        select from ops.job_schedules as s
        where
            s.job = 'mark_lost_connections'
            and s.next_run_at < clock_timestamp() - v_lease / 3
    ) then
        update ops.bridges as b
        set last_seen_at = clock_timestamp()
        where
            b.id in (
                select b.id
                from ops.bridges as b
                where b.last_seen_at < clock_timestamp() and b.stopped_at is null
                order by b.id
                for update skip locked
            );
        return '';
    end if;
    v_bridge_ids := array(
        select b.id
        from ops.bridges as b
        where
            b.last_seen_at < clock_timestamp() - v_lease
            and exists (
                select from ops.connections as c where c.bridge_id = b.id and c.closed_at is null
            )
        order by b.id
        -- A bridge that reports at this moment holds its row, and lives.
        for update of b skip locked
    );
    if v_bridge_ids = '{}' then
        return '';
    end if;
    v_count := fleet.end_connections(
        array(
            select c.id
            from ops.connections as c
            where c.bridge_id = any(v_bridge_ids) and c.closed_at is null
        ),
        1006,
        'bridge lost'
    );
    update ops.bridges as b
    set stopped_at = clock_timestamp()
    where b.id = any(v_bridge_ids) and b.stopped_at is null;
    return format(
        'closed %s connections of bridges %s', v_count, array_to_string(v_bridge_ids, ', ')
    );
end;
$$;
revoke all on function jobs.mark_lost_connections() from public;
grant execute on function jobs.mark_lost_connections() to jobs;
comment on function jobs.mark_lost_connections() is
    'Close the connections of bridges that fell silent; returns what was done.';
