-- The charging periods of a session, cut at every change of price and of state.
--
-- Within a period one element prices each dimension, and the state is the same; neighbours differ
-- in one of both. So pricing.price, which judges a period by its start, is exact.
-- SuspendedEV, EVConnected and Idle are PARKING_TIME: the car is there and wants no energy.
-- Everything else is TIME, SuspendedEVSE too, since there the charge point holds back (OCPI 2.3.0
-- mod_cdrs, CdrDimensionType), and so is what precedes the first state.
-- Energy between two readings is taken to have flowed evenly. At a cut it is cumulated to whole
-- thousandths of a watt-hour, cut off below, so that parts sum to the whole; a period whose energy
-- begins or ends between readings that differ is marked is_interpolated. Before the first and
-- after the last reading nothing is known to have flowed.
-- Called by: pricing.rate_sessions, jobs.refresh_session_costs, api.preview_price.
-- p_compiled is what pricing.compile_tariff returns, of which the first tariff counts. p_measured:
--     {"time_zone", "start_date_time", "end_date_time",
--      "readings": [{"at", "energy_wh", "current_a"?}, ...]   the register, both ascending
--      "states": [{"at", "charging_state"}, ...]              ascending
--      "reservation": {"start_date_time", "expires_at"}?, "reservation_expired"?}
-- A time without an offset is UTC. Without readings there is no ENERGY in the periods. A
-- reservation is a period of RESERVATION_TIME before the session, cut likewise, until the session
-- begins or it expires. One that has expired (reservation_expired) is all there is: nobody came.
-- Returns what pricing.price takes; MIN_ and MAX_POWER (kW) and _CURRENT (A) only where the tariff
-- asks for them and they are known throughout the period.
create or replace function pricing.cut_session(p_compiled jsonb, p_measured jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
-- A time without an offset would be of the caller's zone.
set timezone = 'UTC'
as $$
declare
    v_time_zone constant text := p_measured ->> 'time_zone';
    v_elements constant jsonb := p_compiled #> '{tariffs,0,elements}';
    v_is_expired constant boolean :=
        coalesce((p_measured ->> 'reservation_expired')::boolean, false);
    v_from timestamptz := p_measured ->> 'start_date_time';
    v_to timestamptz := p_measured ->> 'end_date_time';
    v_reserved_from timestamptz := p_measured #>> '{reservation,start_date_time}';
    v_reserved_to timestamptz := p_measured #>> '{reservation,expires_at}';
    v_periods jsonb := '[]';
begin
    if not v_is_expired then
        v_reserved_to := least(v_reserved_to, v_from);
    end if;
    if v_reserved_from < v_reserved_to then
        v_periods := pricing.list_reserved_periods(
            v_elements, v_time_zone, v_reserved_from, v_reserved_to, v_is_expired
        );
    end if;
    if v_is_expired then
        v_from := v_reserved_from;
        v_to := greatest(v_reserved_from, v_reserved_to);
    else
        v_periods := v_periods || pricing.list_charging_periods(v_elements, p_measured);
        if v_reserved_from < v_reserved_to then
            v_from := v_reserved_from;
        end if;
    end if;
    return jsonb_build_object(
        'time_zone', v_time_zone,
        'start_date_time', pricing.format_moment(v_from),
        'end_date_time', pricing.format_moment(v_to),
        'charging_periods', v_periods,
        'reservation_expired', v_is_expired
    );
end;
$$;
revoke all on function pricing.cut_session(jsonb, jsonb) from public;
comment on function pricing.cut_session(jsonb, jsonb) is
    'The charging periods of a session, cut at every change of price and of state.';

-- The periods of a reservation: RESERVATION_TIME alone, with no energy and no known power.
create or replace function pricing.list_reserved_periods(
    p_elements jsonb,
    p_time_zone text,
    p_from timestamptz,
    p_to timestamptz,
    p_is_expired boolean
)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_begins constant timestamptz[] := p_from || pricing.list_cuts(
        p_elements,
        array['RESERVATION', case when p_is_expired then 'RESERVATION_EXPIRES' end],
        p_time_zone, p_from, p_to, tstzmultirange(tstzrange(p_from, p_to)), '{}', '{}', '{}', '{}',
        '{}'
    );
    v_periods jsonb[] := '{}';
begin
    for i in 1..cardinality(v_begins) loop
        v_periods[i] := jsonb_build_object(
            'start_date_time', pricing.format_moment(v_begins[i]),
            'dimensions', jsonb_build_array(pricing.get_time_dimension(
                'RESERVATION_TIME', coalesce(v_begins[i + 1], p_to) - v_begins[i]
            ))
        );
    end loop;
    return to_jsonb(v_periods);
end;
$$;
revoke all on function pricing.list_reserved_periods(
    jsonb, text, timestamptz, timestamptz, boolean
) from public;
comment on function pricing.list_reserved_periods(
    jsonb, text, timestamptz, timestamptz, boolean
) is 'The periods of a reservation.';

-- The periods of charging and parking; p_measured as for pricing.cut_session.
create or replace function pricing.list_charging_periods(p_elements jsonb, p_measured jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from constant timestamptz := p_measured ->> 'start_date_time';
    v_to constant timestamptz := p_measured ->> 'end_date_time';
    v_parking constant tstzmultirange := pricing.get_parking_times(
        p_measured -> 'states', v_from, v_to
    );
    v_times timestamptz[];
    v_energies_wh numeric[];
    v_currents_a numeric[];
    v_powers_kw numeric[];
    v_begins timestamptz[];
    v_is_asked_for_power constant boolean :=
        p_elements @? '$[*].restrictions ? (exists(@.min_power) || exists(@.max_power))';
    v_is_asked_for_current constant boolean :=
        p_elements @? '$[*].restrictions ? (exists(@.min_current) || exists(@.max_current))';
    v_end timestamptz;
    v_energy_wh numeric := 0;
    v_end_energy_wh numeric;
    v_dimensions jsonb;
    v_periods jsonb[] := '{}';
begin
    select
        array_agg(r.at),
        array_agg(r.energy_wh - (p_measured #>> '{readings,0,energy_wh}')::numeric),
        array_agg(r.current_a)
    into v_times, v_energies_wh, v_currents_a
    from jsonb_to_recordset(p_measured -> 'readings')
        as r (at timestamptz, energy_wh numeric, current_a numeric);
    if v_is_asked_for_power then
        v_powers_kw := array(
            select round(
                (r.energy_wh - lag(r.energy_wh) over (order by r.no)) * 3.6
                / nullif(extract(epoch from r.at - lag(r.at) over (order by r.no)), 0),
                6
            )
            from unnest(v_times, v_energies_wh) with ordinality as r (at, energy_wh, no)
            order by r.no
        );
    end if;
    if v_is_asked_for_current then
        -- The reading that ends an interval tells its current, else the one before.
        v_currents_a := array(
            select coalesce(r.current_a, lag(r.current_a) over (order by r.no))
            from unnest(v_currents_a) with ordinality as r (current_a, no)
            order by r.no
        );
    end if;
    v_begins := v_from || pricing.list_cuts(
        p_elements, null, p_measured ->> 'time_zone', v_from, v_to,
        tstzmultirange(tstzrange(v_from, v_to)) - v_parking, v_parking, v_times, v_energies_wh,
        v_powers_kw, v_currents_a
    );
    for i in 1..cardinality(v_begins) loop
        v_end := coalesce(v_begins[i + 1], v_to);
        v_dimensions := '[]';
        if v_times is not null then
            v_end_energy_wh := pricing.get_energy_at(v_times, v_energies_wh, v_end);
            v_dimensions := jsonb_build_array(jsonb_build_object(
                'type', 'ENERGY',
                'volume', trim_scale((v_end_energy_wh - v_energy_wh) / 1000)
            ));
            v_energy_wh := v_end_energy_wh;
        end if;
        v_dimensions := v_dimensions || pricing.get_time_dimension(
            case when v_parking @> v_begins[i] then 'PARKING_TIME' else 'TIME' end,
            v_end - v_begins[i]
        );
        if v_is_asked_for_power then
            v_dimensions := v_dimensions || pricing.list_level_dimensions(
                'POWER', v_times, v_powers_kw, v_begins[i], v_end
            );
        end if;
        if v_is_asked_for_current then
            v_dimensions := v_dimensions || pricing.list_level_dimensions(
                'CURRENT', v_times, v_currents_a, v_begins[i], v_end
            );
        end if;
        v_periods[i] := jsonb_build_object(
            'start_date_time', pricing.format_moment(v_begins[i]), 'dimensions', v_dimensions
        );
        if
            pricing.is_interpolated(v_times, v_energies_wh, v_begins[i])
            or pricing.is_interpolated(v_times, v_energies_wh, v_end)
        then
            v_periods[i] := v_periods[i] || '{"is_interpolated": true}';
        end if;
    end loop;
    return to_jsonb(v_periods);
end;
$$;
revoke all on function pricing.list_charging_periods(jsonb, jsonb) from public;
comment on function pricing.list_charging_periods(jsonb, jsonb) is
    'The periods of charging and parking of a session.';

-- When a car was parked without wanting energy; a state holds until the next.
create or replace function pricing.get_parking_times(
    p_states jsonb,
    p_from timestamptz,
    p_to timestamptz
)
returns tstzmultirange
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz;
    v_state text;
    v_parked_at timestamptz;
    v_parking tstzmultirange := '{}';
begin
    for v_at, v_state in
        select s.at, s.charging_state
        from jsonb_to_recordset(p_states) as s (at timestamptz, charging_state text)
    loop
        v_at := least(greatest(v_at, p_from), p_to);
        if v_state in ('SuspendedEV', 'EVConnected', 'Idle') then
            v_parked_at := coalesce(v_parked_at, v_at);
        elsif v_parked_at is not null then
            v_parking := v_parking + tstzmultirange(tstzrange(v_parked_at, v_at));
            v_parked_at := null;
        end if;
    end loop;
    if v_parked_at is not null then
        v_parking := v_parking + tstzmultirange(tstzrange(v_parked_at, p_to));
    end if;
    return v_parking;
end;
$$;
revoke all on function pricing.get_parking_times(jsonb, timestamptz, timestamptz) from public;
comment on function pricing.get_parking_times(jsonb, timestamptz, timestamptz) is
    'When a car was parked without wanting energy.';

-- A time in the form of a CDR's dimension: hours to four decimals, and exact seconds beside.
create or replace function pricing.get_time_dimension(p_type text, p_duration interval)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_seconds constant numeric := trim_scale(extract(epoch from p_duration));
begin
    return jsonb_build_object(
        'type', p_type, 'volume', trim_scale(round(v_seconds / 3600, 4)), 'seconds', v_seconds
    );
end;
$$;
revoke all on function pricing.get_time_dimension(text, interval) from public;
comment on function pricing.get_time_dimension(text, interval) is
    'A time in the form of a dimension of a CDR.';

-- The lowest and the highest level of the intervals between readings that a period touches, none
-- unless all are known: a level that is not known matches no limit.
create or replace function pricing.list_level_dimensions(
    p_kind text,
    p_times timestamptz[],
    p_levels numeric[],
    p_from timestamptz,
    p_to timestamptz
)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        (
            select jsonb_build_array(
                jsonb_build_object('type', 'MIN_' || p_kind, 'volume', trim_scale(min(l.level))),
                jsonb_build_object('type', 'MAX_' || p_kind, 'volume', trim_scale(max(l.level)))
            )
            from unnest(
                p_levels[
                    width_bucket(p_from, p_times) + 1
                    :width_bucket(p_to - interval '1 microsecond', p_times) + 1
                ]
            ) as l (level)
            having
                p_from >= p_times[1]
                and p_to <= p_times[cardinality(p_times)]
                and count(*) > 0
                and count(*) = count(l.level)
        ),
        '[]'
    );
end;
$$;
revoke all on function pricing.list_level_dimensions(
    text, timestamptz[], numeric[], timestamptz, timestamptz
) from public;
comment on function pricing.list_level_dimensions(
    text, timestamptz[], numeric[], timestamptz, timestamptz
) is 'The lowest and the highest power or current of a period.';

-- The energy cumulated at a moment, in whole thousandths of a watt-hour, cut off below.
--
-- Cut off rather than rounded: before the moment at which a session reaches a limit of its tariff,
-- no cut may say that it has (pricing.get_energy_time).
create or replace function pricing.get_energy_at(
    p_times timestamptz[],
    p_energies_wh numeric[],
    p_at timestamptz
)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_no constant integer := width_bucket(p_at, p_times);
    v_gap_s numeric;
begin
    if v_no = 0 then
        return 0;
    end if;
    if v_no = cardinality(p_times) or p_times[v_no] = p_at then
        return trunc(p_energies_wh[v_no], 3);
    end if;
    -- Without a division that rounds.
    v_gap_s := extract(epoch from p_times[v_no + 1] - p_times[v_no]);
    return div(
        (
            p_energies_wh[v_no] * v_gap_s
            + (p_energies_wh[v_no + 1] - p_energies_wh[v_no])
            * extract(epoch from p_at - p_times[v_no])
        ) * 1000,
        v_gap_s
    ) / 1000;
end;
$$;
revoke all on function pricing.get_energy_at(timestamptz[], numeric[], timestamptz) from public;
comment on function pricing.get_energy_at(timestamptz[], numeric[], timestamptz) is
    'The energy that a session has cumulated at a moment.';

-- Whether the energy at a moment is worked out from two readings that differ.
create or replace function pricing.is_interpolated(
    p_times timestamptz[],
    p_energies_wh numeric[],
    p_at timestamptz
)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_no constant integer := width_bucket(p_at, p_times);
begin
    return coalesce(
        p_times[v_no] < p_at and p_energies_wh[v_no] < p_energies_wh[v_no + 1], false
    );
end;
$$;
revoke all on function pricing.is_interpolated(timestamptz[], numeric[], timestamptz) from public;
comment on function pricing.is_interpolated(timestamptz[], numeric[], timestamptz) is
    'Whether the energy at a moment is worked out from two readings that differ.';
