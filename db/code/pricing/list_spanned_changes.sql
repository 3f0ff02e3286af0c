-- The charging periods that span a change of price: they should have been cut there.
--
-- The session is priced once more with its periods cut wherever a restriction of the tariff may
-- begin or cease to hold: by the clock, by duration and, at a steady power, by kWh. Where other
-- components price a part than its period's beginning, the period spans a change.
-- Of many periods with many rules only the first moments of each are looked at, so that nobody
-- keeps the database busy with it.
-- Called by: api.price.
-- Takes:   as pricing.price.
-- Returns: a row for each such period, counted from 0, with the first such moment.
create or replace function pricing.list_spanned_changes(p_compiled jsonb, p_session jsonb)
returns table (period_index bigint, changes_at timestamptz)
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    v_max_parts constant bigint := 2 + 1000000 / greatest(
        jsonb_array_length(p_session -> 'charging_periods')
        * jsonb_array_length(p_compiled -> 'rules'),
        1
    );
    v_places bigint[];
    v_moments timestamptz[];
    v_periods jsonb;
begin
    with period as (
        select
            p.place,
            p.period,
            (p.period ->> 'start_date_time')::timestamptz as started_at,
            lead(
                (p.period ->> 'start_date_time')::timestamptz, 1,
                (p_session ->> 'end_date_time')::timestamptz
            ) over (order by p.place) as ended_at,
            p.period @? '$.dimensions[*] ? (@.type == "RESERVATION_TIME")' as is_reserved,
            coalesce((
                select sum((d.dimension ->> 'volume')::numeric)
                from jsonb_array_elements(p.period -> 'dimensions') as d (dimension)
                where d.dimension ->> 'type' = 'ENERGY'
            ), 0) as kwh
        from jsonb_array_elements(p_session -> 'charging_periods')
        with ordinality as p (period, place)
    ),
    measured as (
        select
            p.*,
            p.ended_at - p.started_at as duration,
            min(p.started_at) over (partition by p.is_reserved) as run_started_at,
            sum(p.kwh) over (order by p.place) - p.kwh as kwh_before
        from period as p
    ),
    rule as (
        select r.*
        from jsonb_to_recordset(p_compiled -> 'rules') as r (
            min_kwh numeric, max_kwh numeric, min_duration numeric, max_duration numeric
        )
    ),
    moment as (
        select m.place, m.started_at as at
        from measured as m
        union
        select m.place, c.at
        from measured as m
        inner join pricing.list_price_changes(
            p_compiled,
            p_session ->> 'time_zone',
            (p_session ->> 'start_date_time')::timestamptz,
            (p_session ->> 'end_date_time')::timestamptz
        ) as c (at) on c.at > m.started_at and c.at < m.ended_at
        union
        select m.place, m.run_started_at + t.seconds * interval '1 second'
        from measured as m
        cross join rule as r
        cross join unnest(array[r.min_duration, r.max_duration]) as t (seconds)
        where
            m.run_started_at + t.seconds * interval '1 second' > m.started_at
            and m.run_started_at + t.seconds * interval '1 second' < m.ended_at
        union
        -- A microsecond later the limit is surely reached, whatever was rounded.
        select
            m.place,
            m.started_at + (t.kwh - m.kwh_before) / m.kwh * m.duration
            + interval '1 microsecond'
        from measured as m
        cross join rule as r
        cross join unnest(array[r.min_kwh, r.max_kwh]) as t (kwh)
        where t.kwh > m.kwh_before and t.kwh < m.kwh_before + m.kwh
    ),
    part as (
        select
            m.place,
            m.period,
            c.at,
            case
                when m.duration = interval '0' then 1
                else extract(
                    epoch from lead(c.at, 1, m.ended_at) over (
                        partition by m.place order by c.at
                    ) - c.at
                ) / extract(epoch from m.duration)
            end as share
        from measured as m
        inner join (
            select
                t.place,
                t.at,
                row_number() over (partition by t.place order by t.at) as part_number
            from moment as t
        ) as c on c.place = m.place and c.part_number <= v_max_parts
    )
    select
        array_agg(p.place order by p.place, p.at),
        array_agg(p.at order by p.place, p.at),
        jsonb_agg(
            p.period || jsonb_build_object('start_date_time', p.at, 'dimensions', coalesce(
                (
                    select jsonb_agg(
                        case
                            when d.dimension ->> 'type' = 'ENERGY'
                                then d.dimension || jsonb_build_object(
                                    'volume', (d.dimension ->> 'volume')::numeric * p.share
                                )
                            else d.dimension
                        end
                    )
                    from jsonb_array_elements(p.period -> 'dimensions') as d (dimension)
                ),
                '[]'
            ))
            order by p.place, p.at
        )
    into v_places, v_moments, v_periods
    from part as p;
    if cardinality(v_places) = v_places[cardinality(v_places)] then
        return;
    end if;

    return query
    with price as (
        select
            u.place,
            u.at,
            coalesce(
                jsonb_agg(
                    jsonb_build_array(l.line -> 'element_index', l.line -> 'component_index')
                    order by l.line ->> 'bucket'
                ),
                '[]'
            ) as components
        from unnest(v_places, v_moments) with ordinality as u (place, at, part)
        left join jsonb_array_elements(
            pricing.price(
                p_compiled, p_session || jsonb_build_object('charging_periods', v_periods)
            ) -> 'lines'
        ) as l (line)
            on
            (l.line ->> 'period_index')::bigint = u.part - 1
            -- A fee is due once, in whatever part.
            and l.line ->> 'unit' <> '1'
        group by u.place, u.at
    ),
    compared as (
        select
            p.place,
            p.at,
            p.components <> first_value(p.components) over (
                partition by p.place order by p.at
            ) as is_changed
        from price as p
    )
    select c.place - 1, min(c.at)
    from compared as c
    where c.is_changed
    group by c.place
    order by c.place;
end;
$$;
revoke all on function pricing.list_spanned_changes(jsonb, jsonb) from public;
comment on function pricing.list_spanned_changes(jsonb, jsonb) is
    'The charging periods that span a change of price, and when.';
