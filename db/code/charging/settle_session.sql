-- The energy of a session that is over, and what speaks against billing it, filled in.
--
-- Called by: charging.end_session, charging.presume_session_end, charging.merge_late_start.
-- Stores nothing: the caller writes energy_wh, flags, hold_reason and hold_details of the result.
-- A finding that holds nothing (register_restarted, time_overlap) becomes a flag.
-- energy_wh is what the registers say and never a guess:
--     stop − start, when both are there, stop is not below start and their units agree
--         (held all the same when it is impossible or the register was reset);
--     else last reading − start, when that is not negative: what was delivered at least, flagged
--         energy_from_last_reading and held for the finding that spoiled the stop;
--     else stop − first reading for a session whose start nobody heard, flagged
--         energy_from_first_reading and held;
--     else null. The registers themselves stay as reported either way.
create or replace function charging.settle_session(p_session core.sessions)
returns core.sessions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions := p_session;
    v_findings jsonb;
    v_has_unit_conflict boolean;
    v_first_wh numeric;
begin
    v_findings := charging.check_energy(v_session);
    v_has_unit_conflict := v_findings @> '[{"reason": "unit_conflict"}]';
    v_session.flags := array(
        select f.flag
        from unnest(v_session.flags) with ordinality as f (flag, no)
        where
            f.flag not in (
                'energy_from_last_reading', 'energy_from_first_reading', 'register_restarted',
                'time_overlap'
            )
        order by f.no
    );
    v_session.flags := v_session.flags || array(
        select f.finding ->> 'reason'
        from jsonb_array_elements(v_findings) as f (finding)
        where f.finding ->> 'reason' in ('register_restarted', 'time_overlap')
    );
    v_findings := jsonb_path_query_array(
        v_findings, '$[*] ? (@.reason != "register_restarted" && @.reason != "time_overlap")'
    );
    v_session.energy_wh := null;
    if v_has_unit_conflict then
        null;
    elsif v_session.meter_stop_wh >= v_session.meter_start_wh then
        v_session.energy_wh := v_session.meter_stop_wh - v_session.meter_start_wh;
    elsif
        v_session.last_reading_at is not null
        and v_session.last_meter_wh >= v_session.meter_start_wh
    then
        v_session.energy_wh := v_session.last_meter_wh - v_session.meter_start_wh;
        v_session.flags := v_session.flags || '{energy_from_last_reading}';
    elsif v_session.meter_start_wh is null then
        v_first_wh := charging.get_first_meter_wh(v_session);
        if coalesce(v_session.meter_stop_wh, v_session.last_meter_wh) >= v_first_wh then
            v_session.energy_wh :=
                coalesce(v_session.meter_stop_wh, v_session.last_meter_wh) - v_first_wh;
            v_session.flags := v_session.flags || '{energy_from_first_reading}';
        end if;
    end if;
    v_session.hold_reason := v_findings -> 0 ->> 'reason';
    v_session.hold_details := nullif(v_findings, '[]');
    return v_session;
end;
$$;
revoke all on function charging.settle_session(core.sessions) from public;
comment on function charging.settle_session(core.sessions) is
    'A session that is over with its energy and its hold filled in.';

-- The earliest register among the readings of a session, null without any.
create or replace function charging.get_first_meter_wh(p_session core.sessions)
returns numeric
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select m.energy_wh
        from core.meter_values as m
        where
            m.tenant_id = p_session.tenant_id
            and m.session_id = p_session.id
            and m.energy_wh is not null
        order by m.sampled_at
        limit 1
    );
end;
$$;
revoke all on function charging.get_first_meter_wh(core.sessions) from public;
comment on function charging.get_first_meter_wh(core.sessions) is
    'The earliest register among the readings of a session.';
