-- An imagined session as if it had been measured, in the form that pricing.cut_session takes.
--
-- Called by: api.preview_price.
-- p_scenario: {"starts_at", "energy_wh", "duration_s", "parking_s", "power_w", "reserved_s"}, all
-- of them optional. It charges for duration_s, then parks for parking_s; it was reserved for
-- reserved_s before. Energy flows with power_w from the start until it is all there, or evenly
-- where no power is said; of energy, time and power any two give the third. Times are taken to the
-- second, energy to the thousandth of a watt-hour.
-- Errors: PT400 scenario_invalid, its detail with "path" and "reason".
create or replace function pricing.measure_scenario(p_scenario jsonb, p_time_zone text)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
-- A time without an offset is UTC, whatever the session that asks is set to.
set timezone = 'UTC'
as $$
declare
    v_problem record;
    v_start timestamptz;
    v_energy_wh numeric;
    v_power_w numeric;
    v_charging_s numeric;
    v_flowing_s numeric;
    v_parking_s numeric;
    v_reserved_s numeric;
    v_charged timestamptz;
    v_end timestamptz;
begin
    if jsonb_typeof(p_scenario) is distinct from 'object' then
        perform pricing.refuse_scenario(null, 'is not an object');
    end if;
    select k.key as path, k.reason
    into v_problem
    from (
        select
            s.key,
            case
                when l.least is null and s.key <> 'starts_at' then 'is not a field'
                when s.value = 'null' then null
                when s.key = 'starts_at' then pricing.judge_scenario_start(s.value)
                when jsonb_typeof(s.value) <> 'number' then 'is not a number'
                when (s.value #>> '{}')::numeric not between l.least and l.most
                    then format('is not between %s and %s', l.least, l.most)
            end as reason
        from jsonb_each(p_scenario) as s
        left join (
            values ('energy_wh', 0, 100000000), ('duration_s', 0, 2592000),
                ('parking_s', 0, 2592000), ('power_w', 1, 10000000), ('reserved_s', 0, 2592000)
        ) as l (key, least, most) on l.key = s.key
    ) as k
    where k.reason is not null
    order by k.key
    limit 1;
    if found then
        perform pricing.refuse_scenario(v_problem.path, v_problem.reason);
    end if;

    v_start := coalesce((p_scenario ->> 'starts_at')::timestamptz, now());
    v_energy_wh := round((p_scenario ->> 'energy_wh')::numeric, 3);
    v_power_w := (p_scenario ->> 'power_w')::numeric;
    v_parking_s := coalesce(round((p_scenario ->> 'parking_s')::numeric), 0);
    v_reserved_s := coalesce(round((p_scenario ->> 'reserved_s')::numeric), 0);
    v_charging_s := coalesce(
        round((p_scenario ->> 'duration_s')::numeric), round(v_energy_wh * 3600 / v_power_w)
    );
    if v_charging_s is null and v_energy_wh > 0 then
        perform pricing.refuse_scenario(
            'duration_s', 'how long it takes is not said, nor power_w'
        );
    end if;
    v_charging_s := coalesce(v_charging_s, 0);
    v_energy_wh := coalesce(v_energy_wh, round(v_power_w * v_charging_s / 3600, 3), 0);
    v_flowing_s := coalesce(round(v_energy_wh * 3600 / v_power_w), v_charging_s);
    if v_flowing_s > v_charging_s or v_energy_wh > 0 and v_flowing_s = 0 then
        perform pricing.refuse_scenario('energy_wh', 'is more than there is time for');
    end if;

    v_charged := v_start + v_charging_s * interval '1 second';
    v_end := v_charged + v_parking_s * interval '1 second';
    return jsonb_build_object(
        'time_zone', p_time_zone,
        'start_date_time', pricing.format_moment(v_start),
        'end_date_time', pricing.format_moment(v_end),
        'readings', (
            select jsonb_agg(
                jsonb_build_object('at', pricing.format_moment(r.at), 'energy_wh', r.energy_wh)
                order by r.at
            )
            from (
                select q.at, max(q.energy_wh) as energy_wh
                from (
                    values (v_start, 0::numeric),
                        (v_start + v_flowing_s * interval '1 second', v_energy_wh),
                        (v_end, v_energy_wh)
                ) as q (at, energy_wh)
                group by q.at
            ) as r
        ),
        'states', jsonb_build_array(
            jsonb_build_object('at', pricing.format_moment(v_start), 'charging_state', 'Charging'),
            jsonb_build_object(
                'at', pricing.format_moment(v_charged), 'charging_state', 'SuspendedEV'
            )
        )
    ) || case
        when v_reserved_s > 0 then jsonb_build_object(
            'reservation', jsonb_build_object(
                'start_date_time',
                pricing.format_moment(v_start - v_reserved_s * interval '1 second'),
                'expires_at', pricing.format_moment(v_start)
            )
        )
        else '{}'
    end;
end;
$$;
revoke all on function pricing.measure_scenario(jsonb, text) from public;
comment on function pricing.measure_scenario(jsonb, text) is
    'An imagined session as if it had been measured.';

-- What is wrong with starts_at of a scenario; null when nothing is.
create or replace function pricing.judge_scenario_start(p_value jsonb)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    if
        jsonb_typeof(p_value) <> 'string'
        or not pg_input_is_valid(p_value #>> '{}', 'timestamptz')
    then
        return 'is not a time';
    end if;
    if
        (p_value #>> '{}')::timestamptz
        not between '2000-01-01T00:00:00Z' and '2200-01-01T00:00:00Z'
    then
        return 'is not between the years 2000 and 2200';
    end if;
    return null;
end;
$$;
revoke all on function pricing.judge_scenario_start(jsonb) from public;
comment on function pricing.judge_scenario_start(jsonb) is
    'What is wrong with starts_at of a scenario; null when nothing is.';

-- Refuse a scenario, and say where and why.
--
-- Errors: PT400 scenario_invalid.
create or replace function pricing.refuse_scenario(p_path text, p_reason text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT400',
        message = concat_ws('.', 'scenario', p_path) || ' ' || p_reason,
        detail = jsonb_build_object(
            'error', 'scenario_invalid', 'path', concat_ws('.', 'scenario', p_path),
            'reason', p_reason
        )::text,
        hint = 'Send {"starts_at", "energy_wh", "duration_s", "parking_s", "power_w", "reserved_s"}.';
end;
$$;
revoke all on function pricing.refuse_scenario(text, text) from public;
comment on function pricing.refuse_scenario(text, text) is
    'Refuse a scenario, and say where and why.';
