-- What was measured of a session, in the form that pricing.cut_session takes.
--
-- Called by: pricing.rate_sessions, jobs.refresh_session_costs.
-- Reads core.meter_values, core.session_events and core.reservations. Times and registers of the
-- session itself are those of the row passed, so that a correction can be laid over it, with its
-- energy_wh. A session that runs ends at p_until, at its newest reading for null, and one that is
-- over ends there, too, when p_until is before its end.
-- Registers: the start is the row's, and so is the stop of a session that is over; where one is
-- missing or they contradict each other it follows from energy_wh (charging.settle_session says
-- what that is). A session that is over without energy_wh has no readings, nor has one that runs
-- without a register at its start: nothing is guessed.
-- Between the two, a reading counts when its register lies between theirs and is not below an
-- earlier one, and not when the charger gave it for another EVSE.
-- A state counts from the moment that the charger gave for it: states and readings are of one
-- clock.
create or replace function pricing.get_measured_session(
    p_session core.sessions,
    p_time_zone text,
    p_until timestamptz default null
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
-- A plan for these values takes longer to make than to run: partitions are pruned when it runs.
set plan_cache_mode = force_generic_plan
as $$
declare
    v_from constant timestamptz := p_session.started_at;
    v_is_over constant boolean := p_session.ended_at is not null
        and coalesce(p_until >= p_session.ended_at, true);
    -- One that ended before it began, and was released all the same, took no time.
    v_to constant timestamptz := greatest(
        v_from,
        case
            when v_is_over then p_session.ended_at
            else coalesce(p_until, p_session.last_reading_at)
        end
    );
    v_start_wh constant numeric := coalesce(
        p_session.meter_start_wh,
        coalesce(p_session.meter_stop_wh, p_session.last_meter_wh) - p_session.energy_wh
    );
    v_stop_wh constant numeric := case
        when v_is_over and p_session.meter_stop_wh >= v_start_wh then p_session.meter_stop_wh
        when v_is_over then v_start_wh + p_session.energy_wh
    end;
    v_readings jsonb;
begin
    if v_start_wh is not null and (p_session.ended_at is null or p_session.energy_wh is not null)
    then
        select jsonb_agg(
            case
                when r.current_a is null
                    then jsonb_build_object('at', r.sampled_at, 'energy_wh', r.energy_wh)
                else jsonb_build_object(
                    'at', r.sampled_at, 'energy_wh', r.energy_wh, 'current_a', r.current_a
                )
            end
            order by r.sampled_at
        )
        into v_readings
        from (
            select
                m.sampled_at,
                max(m.energy_wh) as energy_wh,
                -- OCPI speaks of the sum over all phases.
                max(
                    case
                        when num_nonnulls(m.current_l1_a, m.current_l2_a, m.current_l3_a) = 0
                            then m.current_a::numeric
                        else
                            coalesce(m.current_l1_a::numeric, 0)
                            + coalesce(m.current_l2_a::numeric, 0)
                            + coalesce(m.current_l3_a::numeric, 0)
                    end
                ) as current_a,
                max(max(m.energy_wh)) over (
                    order by m.sampled_at rows between unbounded preceding and 1 preceding
                ) as highest_wh
            from core.meter_values as m
            where
                m.tenant_id = p_session.tenant_id
                and m.session_id = p_session.id
                and m.sampled_at > v_from
                and m.sampled_at <= v_to
                and (m.sampled_at < v_to or not v_is_over)
                and m.energy_wh >= v_start_wh
                and (m.energy_wh <= v_stop_wh or not v_is_over)
                and (m.flags is null or not 'connector_mismatch' = any(m.flags))
            group by m.sampled_at
        ) as r
        where r.highest_wh is null or r.energy_wh >= r.highest_wh;
        v_readings := jsonb_build_object('at', v_from, 'energy_wh', v_start_wh)
            || coalesce(v_readings, '[]');
        if v_is_over then
            v_readings := v_readings || jsonb_build_object('at', v_to, 'energy_wh', v_stop_wh);
        end if;
    end if;
    return jsonb_build_object(
        'time_zone', p_time_zone,
        'start_date_time', v_from,
        'end_date_time', v_to,
        'readings', coalesce(v_readings, '[]'),
        'states', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'at', e.happened_at, 'charging_state', e.details ->> 'charging_state'
                    )
                    order by e.happened_at, e.id
                ),
                '[]'
            )
            from core.session_events as e
            where
                e.tenant_id = p_session.tenant_id
                and e.session_id = p_session.id
                and e.event = 'charging_state_changed'
                and e.happened_at < v_to
        )
    ) || coalesce(
        (
            select jsonb_build_object(
                'reservation',
                jsonb_build_object('start_date_time', r.created_at, 'expires_at', r.expires_at)
            )
            from core.reservations as r
            where
                r.tenant_id = p_session.tenant_id
                and r.session_id = p_session.id
                and r.created_at < v_from
            order by r.created_at
            limit 1
        ),
        '{}'
    );
end;
$$;
revoke all on function pricing.get_measured_session(core.sessions, text, timestamptz) from public;
comment on function pricing.get_measured_session(core.sessions, text, timestamptz) is
    'What was measured of a session, in the form that pricing.cut_session takes.';
