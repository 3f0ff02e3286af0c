-- Presume the end of sessions that gave no sign of life for charging.stale_session_hours.
--
-- Signs of life are the start, readings and states. A stop that comes later corrects the end.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.sessions, core.session_events; at most 500 sessions a run.
-- Returns:   what was done, empty for nothing.
create or replace function jobs.close_stale_sessions()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_silent_since constant timestamptz := now() - make_interval(
        hours => access.get_setting('charging.stale_session_hours')::integer
    );
    v_count integer;
begin
    with stale as materialized (
        select s.tenant_id, s.id, greatest(s.started_at, s.last_reading_at) as seen_at
        from core.sessions as s
        where
            s.state = 'active'
            and s.updated_at < v_silent_since
            -- A start that was reported days late is as old as its report.
            and greatest(s.start_received_at, s.last_reading_at) < v_silent_since
        order by s.tenant_id, s.id
        limit 500
        -- A session that changes at this moment lives.
        for no key update skip locked
    )
    select count(*)
    into v_count
    from stale as s
    cross join lateral charging.presume_session_end(
        s.tenant_id, s.id, 'presumed_by_silence', s.seen_at, now()
    ) as p
    where p.state = 'presumed_ended';
    if v_count = 0 then
        return '';
    end if;
    return format('presumed the end of %s silent sessions', v_count);
end;
$$;
revoke all on function jobs.close_stale_sessions() from public;
grant execute on function jobs.close_stale_sessions() to jobs;
comment on function jobs.close_stale_sessions() is
    'Presume the end of sessions without a sign of life; returns what was done.';
