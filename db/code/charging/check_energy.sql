-- What speaks against billing the energy of a session that is over: a list, empty when nothing.
--
-- Called by: charging.settle_session. Reads the sessions of the connector before and after
-- this one and ratings; the session itself is taken as given, stored or not.
-- Findings in their order, of which the first becomes hold_reason:
-- unknown_start        no start was ever heard
-- presumed_end         no stop was heard
-- matched_by_guess     its stop named somebody else's transaction and fitted no other session
-- stop_conflict        two stops of it name different registers
-- meter_start_missing  the start came without a readable register
-- meter_stop_missing   the stop did
-- unit_conflict        registers differ by about a thousand, as Wh and kWh do (quirk 56)
-- zero_begin           began at 0, yet its register runs on from where the connector's stood
-- register_overlap     began within the registers of the session before, or ended within those
--                      of the next, as a late stop tells: energy billed twice
-- register_reset       the register fell below the start within the session
-- stop_below_start     the register fell from start to stop (quirk 70)
-- impossible_power     more than the maximum power of connector or charge point (or 1 MW) could
--                      deliver in the time, and a tenth on top (rule R10)
-- negative_duration    ended before it started
-- implausible_duration longer than charging.max_session_days: a clock jumped, and the time
--                      proves nothing about the power
-- time_in_future       a start or stop was dated ahead of its receipt by more than the tolerance
-- Findings that are flags of the session and no reason to hold it:
-- register_restarted   began at or below where the session before began, as a replaced meter or
--                      one that counts by the session does: its own energy stands
-- time_overlap         its time overlaps that of the session before or after, as when a clock was
--                      set back between the two: the registers tell whose energy is whose
-- A clock off by whole hours is such a flag, too (quirk 58), given by the handlers.
-- Each finding is {"reason": ..., and the figures that made it}.
create or replace function charging.check_energy(p_session core.sessions)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_start_wh constant numeric := p_session.meter_start_wh;
    v_stop_wh constant numeric := p_session.meter_stop_wh;
    v_last_wh constant numeric := p_session.last_meter_wh;
    -- What was delivered as far as anybody knows.
    v_energy_wh constant numeric := coalesce(v_stop_wh, v_last_wh) - v_start_wh;
    v_max_power_w numeric;
    v_previous_start_wh numeric;
    v_previous_stop_wh numeric;
    v_previous_ended_at timestamptz;
    v_next core.sessions;
    v_figures constant jsonb := jsonb_strip_nulls(jsonb_build_object(
        'meter_start_wh', v_start_wh, 'meter_stop_wh', v_stop_wh, 'last_meter_wh', v_last_wh
    ));
    v_findings jsonb := '[]';
begin
    select coalesce(
        (
            select c.max_power_w
            from core.connectors as c
            where c.tenant_id = p_session.tenant_id and c.id = p_session.connector_id
        ),
        (
            select cp.max_power_w
            from core.charge_points as cp
            where cp.tenant_id = p_session.tenant_id and cp.id = p_session.charge_point_id
        ),
        1000000
    )
    into v_max_power_w;
    -- A doubtful session proves nothing about the next.
    select s.meter_start_wh, s.meter_stop_wh, s.ended_at
    into v_previous_start_wh, v_previous_stop_wh, v_previous_ended_at
    from core.sessions as s
    where
        s.tenant_id = p_session.tenant_id
        and s.connector_id = p_session.connector_id
        and s.id <> p_session.id
        and s.state = 'ended'
        and (s.started_at, s.id) < (p_session.started_at, p_session.id)
        and (s.hold_reason is null or s.hold_reason = 'register_overlap')
    order by s.started_at desc, s.id desc
    limit 1;
    select s.* into v_next
    from core.sessions as s
    where
        s.tenant_id = p_session.tenant_id
        and s.connector_id = p_session.connector_id
        and s.id <> p_session.id
        and (s.started_at, s.id) > (p_session.started_at, p_session.id)
        and (s.hold_reason is null or s.hold_reason = 'register_overlap')
    order by s.started_at, s.id
    limit 1;

    if p_session.start_key is null then
        v_findings := v_findings || jsonb_build_object('reason', 'unknown_start');
    end if;
    if p_session.state = 'presumed_ended' then
        v_findings := v_findings || (jsonb_build_object('reason', 'presumed_end') || v_figures);
    end if;
    if 'matched_by_guess' = any(p_session.flags) then
        v_findings := v_findings || (jsonb_build_object('reason', 'matched_by_guess') || v_figures);
    end if;
    if 'stop_conflict' = any(p_session.flags) then
        v_findings := v_findings || (jsonb_build_object('reason', 'stop_conflict') || v_figures);
    end if;
    if v_start_wh is null then
        v_findings := v_findings
            || (jsonb_build_object('reason', 'meter_start_missing') || v_figures);
    end if;
    if v_stop_wh is null and p_session.state = 'ended' then
        v_findings := v_findings
            || (jsonb_build_object('reason', 'meter_stop_missing') || v_figures);
    end if;
    if charging.has_unit_conflict(p_session, v_max_power_w) then
        v_findings := v_findings || (jsonb_build_object('reason', 'unit_conflict') || v_figures);
    end if;
    -- 10 Wh: two roundings of one register are no reset.
    if v_start_wh < v_previous_stop_wh - 10 then
        v_findings := v_findings || (
            jsonb_build_object(
                'reason',
                case
                    -- Chargers without a register begin every session at 0: only one that began
                    -- above it shows that there is one.
                    when
                        v_start_wh = 0
                        and v_previous_start_wh > 0
                        and coalesce(v_stop_wh, v_last_wh) > v_previous_stop_wh
                        then 'zero_begin'
                    when v_start_wh <= v_previous_start_wh then 'register_restarted'
                    else 'register_overlap'
                end,
                'previous_meter_start_wh', v_previous_start_wh,
                'previous_meter_stop_wh', v_previous_stop_wh
            )
            || v_figures
        );
    end if;
    -- A minute: a charger may stamp one session's end and the next one's begin together.
    if
        v_previous_ended_at > p_session.started_at + interval '1 minute'
        or p_session.ended_at > v_next.started_at + interval '1 minute'
    then
        v_findings := v_findings || jsonb_strip_nulls(jsonb_build_object(
            'reason', 'time_overlap',
            'previous_ended_at', v_previous_ended_at,
            'next_started_at', v_next.started_at
        ));
    end if;
    if
        not v_findings @> '[{"reason": "register_overlap"}]'
        and v_stop_wh > v_next.meter_start_wh + 10
        -- One that begins no higher than this one has a register of its own, unless it begins
        -- at 0 and runs on from this one's.
        and (
            v_next.meter_start_wh > v_start_wh
            or v_next.meter_start_wh = 0
            and v_start_wh > 0
            and coalesce(v_next.meter_stop_wh, v_next.last_meter_wh) > v_stop_wh
        )
    then
        v_findings := v_findings || (
            jsonb_build_object(
                'reason', 'register_overlap',
                'next_meter_start_wh', v_next.meter_start_wh,
                'next_started_at', v_next.started_at
            )
            || v_figures
        );
    end if;
    if v_last_wh < v_start_wh - 10 then
        v_findings := v_findings || (jsonb_build_object('reason', 'register_reset') || v_figures);
    end if;
    if v_stop_wh < v_start_wh then
        v_findings := v_findings || (jsonb_build_object('reason', 'stop_below_start') || v_figures);
    end if;
    if
        v_energy_wh > 1.1 * charging.get_possible_energy_wh(
            v_max_power_w, p_session.started_at, p_session.ended_at
        )
    then
        v_findings := v_findings || (
            jsonb_build_object(
                'reason', 'impossible_power', 'energy_wh', v_energy_wh,
                'max_power_w', v_max_power_w,
                'duration_s',
                round(extract(epoch from p_session.ended_at - p_session.started_at))
            )
            || v_figures
        );
    end if;
    if p_session.ended_at < p_session.started_at then
        v_findings := v_findings || jsonb_build_object(
            'reason', 'negative_duration',
            'duration_s', round(extract(epoch from p_session.ended_at - p_session.started_at))
        );
    end if;
    if
        p_session.ended_at - p_session.started_at > make_interval(
            days => access.get_setting('charging.max_session_days')::integer
        )
    then
        v_findings := v_findings || jsonb_build_object(
            'reason', 'implausible_duration',
            'duration_s', round(extract(epoch from p_session.ended_at - p_session.started_at))
        );
    end if;
    if p_session.flags && '{start_time_ahead,stop_time_ahead}' then
        v_findings := v_findings || jsonb_strip_nulls(jsonb_build_object(
            'reason', 'time_in_future',
            'started_at_reported', p_session.started_at_reported,
            'ended_at_reported', p_session.ended_at_reported
        ));
    end if;
    return v_findings;
end;
$$;
revoke all on function charging.check_energy(core.sessions) from public;
comment on function charging.check_energy(core.sessions) is
    'What speaks against billing the energy of a session: a list of findings, worst first.';

-- What can flow at a power between two times. A minute at least: clocks tick in seconds, and a
-- start and a stop may be stamped together.
create or replace function charging.get_possible_energy_wh(
    p_max_power_w numeric,
    p_from timestamptz,
    p_to timestamptz
)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return p_max_power_w * greatest(extract(epoch from p_to - p_from), 60) / 3600;
end;
$$;
revoke all on function charging.get_possible_energy_wh(numeric, timestamptz, timestamptz)
from public;
comment on function charging.get_possible_energy_wh(numeric, timestamptz, timestamptz) is
    'The energy that can flow at a power between two times.';

-- Two registers of one meter stand about a thousand apart, and no flow of energy explains it.
-- The band is wide because the later register has grown; what is possible narrows it.
create or replace function charging.has_unit_conflict(
    p_session core.sessions,
    p_max_power_w numeric
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from (
            values
                (
                    p_session.meter_start_wh, p_session.last_meter_wh, p_session.started_at,
                    p_session.last_reading_at
                ),
                (
                    p_session.last_meter_wh, p_session.meter_stop_wh, p_session.last_reading_at,
                    p_session.ended_at
                ),
                (
                    p_session.meter_start_wh, p_session.meter_stop_wh, p_session.started_at,
                    p_session.ended_at
                )
        ) as p (first_wh, second_wh, first_at, second_at)
        where
            p.first_wh > 0
            and p.second_wh > 0
            and (
                p.first_wh between 500 * p.second_wh and 2000 * p.second_wh
                or p.second_wh between 500 * p.first_wh and 2000 * p.first_wh
                and p.second_wh - p.first_wh > 1.1 * charging.get_possible_energy_wh(
                    p_max_power_w, p.first_at, p.second_at
                )
            )
    );
end;
$$;
revoke all on function charging.has_unit_conflict(core.sessions, numeric) from public;
comment on function charging.has_unit_conflict(core.sessions, numeric) is
    'Whether registers of a session differ as watt-hours and kilowatt-hours do.';
