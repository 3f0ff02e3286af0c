-- The longest time without a reading that decides about the price of a session, if there is one:
-- a finding {"reason": "readings_missing", ...}, else null.
--
-- Energy between two readings is spread evenly, which is fair over minutes and a guess over hours.
-- Beyond p_max_gap it matters where energy flowed in the gap, and the tariff asks for the power, or
-- a cut lies in the gap and energy is priced by the clock at more than one rate. A cut at an amount
-- of energy is exact however far the readings are apart.
-- Called by: pricing.rate_sessions.
-- The other arguments are what pricing.price was given, what that was cut from, and what it
-- answered.
create or replace function pricing.find_reading_gap(
    p_compiled jsonb,
    p_measured jsonb,
    p_session jsonb,
    p_result jsonb,
    p_max_gap interval
)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_asks_power constant boolean := jsonb_path_exists(
        p_compiled,
        '$.tariffs[*].elements[*].restrictions ? (exists(@.min_power) || exists(@.max_power))'
    );
    v_gaps jsonb;
begin
    -- Most sessions are done here.
    if
        not v_asks_power
        and not (
            jsonb_path_exists(p_session, '$.charging_periods[*].is_interpolated')
            and jsonb_path_exists(
                p_compiled,
                '$.tariffs[*].elements[*].restrictions ? (
                    exists(@.start_time) || exists(@.end_time) || exists(@.day_of_week)
                    || exists(@.start_date) || exists(@.end_date)
                    || exists(@.min_duration) || exists(@.max_duration)
                )'
            )
        )
    then
        return null;
    end if;
    select jsonb_agg(to_jsonb(g) order by g."to" - g."from" desc)
    into v_gaps
    from (
        select
            'readings_missing' as reason,
            lag(r.at) over (order by r.at) as "from",
            r.at as "to",
            r.energy_wh - lag(r.energy_wh) over (order by r.at) as energy_wh
        from jsonb_to_recordset(p_measured -> 'readings') as r (at timestamptz, energy_wh numeric)
    ) as g
    where g."to" - g."from" > p_max_gap and g.energy_wh > 0;
    if v_gaps is null or v_asks_power then
        return v_gaps -> 0;
    end if;
    -- Is all energy at one rate?
    if (
        select
            count(distinct l.line ->> 'element_index') = 1
            and count(*) = jsonb_array_length(jsonb_path_query_array(
                p_session,
                '$.charging_periods[*].dimensions[*] ? (@.type == "ENERGY" && @.volume > 0)'
            ))
            or count(*) = 0
        from jsonb_path_query(p_result, '$.lines[*] ? (@.bucket == "ENERGY" && @.quantity != "0")')
            as l (line)
    ) then
        return null;
    end if;
    return (
        select g.gap
        from jsonb_array_elements(v_gaps) with ordinality as g (gap, no)
        where exists (
            select
            from jsonb_array_elements(p_session -> 'charging_periods') as p (period)
            where
                (p.period ->> 'start_date_time')::timestamptz > (g.gap ->> 'from')::timestamptz
                and (p.period ->> 'start_date_time')::timestamptz < (g.gap ->> 'to')::timestamptz
        )
        order by g.no
        limit 1
    );
end;
$$;
revoke all on function pricing.find_reading_gap(jsonb, jsonb, jsonb, jsonb, interval) from public;
comment on function pricing.find_reading_gap(jsonb, jsonb, jsonb, jsonb, interval) is
    'The longest time without a reading that decides about the price of a session, if any.';
