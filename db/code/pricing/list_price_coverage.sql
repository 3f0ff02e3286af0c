-- Price components that are never paid, and moments at which a dimension has no price.
--
-- Where restrictions begin and end cuts all there can be (weekday, time of day, date, kWh, seconds,
-- power, current, an expired reservation) into cells within which nothing changes. The first
-- component that matches a cell is paid there, as pricing.price finds it. One that is first in no
-- cell is never paid; a cell of ENERGY, TIME or PARKING_TIME without one is a gap where that
-- dimension has a price elsewhere. Weekdays and dates are taken to be independent.
-- Returns a path, a rule (unreachable, gap, too_many_windows) and a message.
-- Called by: pricing.list_tariff_warnings.
-- Source:    OCPI 2.2.1 and 2.3.0, mod_tariffs §Tariff Object, §TariffRestrictions.
create or replace function pricing.list_price_coverage(p_path text, p_tariff jsonb)
returns table (path text, rule text, message text)
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line record;
begin
    -- What is reserved is time, and a fee: OCPI prices nothing else of a reservation.
    return query
    select
        format('%s.elements[%s].price_components[%s]', p_path, e.n - 1, c.n - 1), 'unreachable',
        format('is never paid: a reservation has no %s', c.item ->> 'type')
    from pricing.list_items(p_tariff -> 'elements') as e
    cross join lateral pricing.list_items(e.item -> 'price_components') as c
    where
        e.item #>> '{restrictions,reservation}' is not null
        and c.item ->> 'type' in ('ENERGY', 'PARKING_TIME');

    for v_line in
        select
            l.bucket,
            jsonb_agg(
                coalesce(nullif(e.item -> 'restrictions', 'null'), '{}')
                || jsonb_build_object('path', format(
                    '.elements[%s].price_components[%s]', e.n - 1, c.n - 1
                ))
                -- OCPI asks for the price of an expired reservation first, wherever it stands
                -- (mod_tariffs, ReservationRestrictionType).
                order by
                    coalesce(l.reservation, '') = 'RESERVATION_EXPIRES' desc,
                    e.n
            ) as rules
        from pricing.list_items(p_tariff -> 'elements') as e
        cross join lateral pricing.list_items(e.item -> 'price_components') as c
        cross join lateral (
            select
                r.reservation,
                concat(case when r.reservation is not null then 'RESERVATION ' end, r.type) as bucket
            from (
                select
                    e.item #>> '{restrictions,reservation}' as reservation,
                    c.item ->> 'type' as type
            ) as r
            where r.reservation is null or r.type in ('TIME', 'FLAT')
        ) as l
        group by l.bucket
    loop
        return query
        select concat(p_path, c.path), c.rule, c.message
        from pricing.judge_coverage(v_line.bucket, v_line.rules) as c;
    end loop;
end;
$$;
revoke all on function pricing.list_price_coverage(text, jsonb) from public;
comment on function pricing.list_price_coverage(text, jsonb) is
    'Price components that are never paid, and moments at which a dimension has no price.';

-- The coverage of one dimension, of charging or of reserving. p_rules are the restrictions of its
-- components in the order in which they are tried, each with the component's path, relative to the
-- tariff.
create or replace function pricing.judge_coverage(p_bucket text, p_rules jsonb)
returns table (path text, rule text, message text)
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Cells times rules. A price for each hour of the week, in two bands of power, takes a third.
    v_max_work constant integer := 500000;
    v_axes constant jsonb := pricing.cut_axes(p_rules);
begin
    if (
        select exp(sum(ln(jsonb_array_length(a.value)))) * jsonb_array_length(p_rules)
        from jsonb_each(v_axes) as a
    ) > v_max_work then
        return query select
            '.elements', 'too_many_windows',
            'have so many windows that gaps and elements out of reach are not looked for';
        return;
    end if;

    return query
    with rules as materialized (
        select
            r.n,
            r.item ->> 'path' as path,
            -- Either end that is left out is midnight.
            coalesce(r.item ->> 'start_time', '00:00') as clock_from,
            coalesce(r.item ->> 'end_time', '24:00') as clock_to,
            nullif(nullif(r.item -> 'day_of_week', '[]'), 'null') as days,
            r.item ->> 'start_date' as start_date,
            r.item ->> 'end_date' as end_date,
            (r.item ->> 'min_kwh')::numeric as min_kwh,
            (r.item ->> 'max_kwh')::numeric as max_kwh,
            (r.item ->> 'min_duration')::numeric as min_duration,
            (r.item ->> 'max_duration')::numeric as max_duration,
            (r.item ->> 'min_power')::numeric as min_power,
            (r.item ->> 'max_power')::numeric as max_power,
            (r.item ->> 'min_current')::numeric as min_current,
            (r.item ->> 'max_current')::numeric as max_current,
            coalesce(r.item ->> 'reservation' = 'RESERVATION_EXPIRES', false) as expired
        from pricing.list_items(p_rules) as r
    ),
    cells as materialized (
        select
            row_number() over (
                order by
                    x.value, d.value #>> '{}', w.n, t.value #>> '{}',
                    k.value::numeric, s.value::numeric
            ) as n,
            w.value #>> '{}' as day,
            t.value #>> '{}' as clock,
            d.value #>> '{}' as date,
            (k.value #>> '{}')::numeric as kwh,
            (s.value #>> '{}')::numeric as seconds,
            (p.value #>> '{}')::numeric as power,
            (a.value #>> '{}')::numeric as current,
            (x.value #>> '{}')::boolean as expired
        from jsonb_array_elements(v_axes -> 'day') with ordinality as w (value, n)
        cross join jsonb_array_elements(v_axes -> 'clock') as t
        cross join jsonb_array_elements(v_axes -> 'date') as d
        cross join jsonb_array_elements(v_axes -> 'kwh') as k
        cross join jsonb_array_elements(v_axes -> 'duration') as s
        cross join jsonb_array_elements(v_axes -> 'power') as p
        cross join jsonb_array_elements(v_axes -> 'current') as a
        cross join jsonb_array_elements(v_axes -> 'expired') as x
    ),
    winners as materialized (
        select c.n as cell, min(r.n) as rule
        from cells as c
        left join rules as r
            on (r.days is null or r.days ? c.day)
            and (
                r.clock_from = r.clock_to
                or r.clock_from < r.clock_to
                and c.clock >= r.clock_from and c.clock < r.clock_to
                or r.clock_from > r.clock_to
                and (c.clock >= r.clock_from or c.clock < r.clock_to)
            )
            and (r.start_date is null or c.date >= r.start_date)
            and (r.end_date is null or c.date < r.end_date)
            and (r.min_kwh is null or c.kwh >= r.min_kwh)
            and (r.max_kwh is null or c.kwh < r.max_kwh)
            and (r.min_duration is null or c.seconds >= r.min_duration)
            and (r.max_duration is null or c.seconds < r.max_duration)
            -- What is not known matches nothing.
            and (r.min_power is null or c.power >= r.min_power)
            and (r.max_power is null or c.power < r.max_power)
            and (r.min_current is null or c.current >= r.min_current)
            and (r.max_current is null or c.current < r.max_current)
            and (c.expired or not r.expired)
        group by c.n
    )
    select
        r.path,
        'unreachable',
        'is never paid: its restrictions leave nothing that elements before it do not take'
    from rules as r
    where not exists (select from winners as w where w.rule = r.n)
    union all
    (
        select
            '.elements', 'gap',
            format('%s has no price %s', p_bucket, pricing.describe_cell(v_axes, to_jsonb(c)))
        from winners as w
        inner join cells as c on c.n = w.cell
        where w.rule is null and p_bucket in ('ENERGY', 'TIME', 'PARKING_TIME')
        -- The plainest gap: one where power and current are known rather than not.
        order by c.power is null, c.current is null, c.n
        limit 1
    );
end;
$$;
revoke all on function pricing.judge_coverage(text, jsonb) from public;
comment on function pricing.judge_coverage(text, jsonb) is
    'Components of one dimension that are never paid, and its first gap.';

-- The beginnings of what restrictions tell apart, axis by axis, ascending.
--
-- power and current end with null, for what is not known; date begins with an empty text, before
-- all dates; an axis that no rule restricts has one place.
create or replace function pricing.cut_axes(p_rules jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'day', case
            when p_rules @? '$[*].day_of_week[*]'
                then jsonb_build_array(
                    'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'
                )
            else '["MONDAY"]'
        end,
        'clock', (
            select jsonb_agg(distinct b.clock order by b.clock)
            from (
                values ('00:00')
                union all
                select t.item #>> '{}'
                from jsonb_path_query(p_rules, '$[*].start_time') as t (item)
                union all
                select t.item #>> '{}'
                from jsonb_path_query(p_rules, '$[*].end_time') as t (item)
            ) as b (clock)
            where b.clock is not null
        ),
        'date', (
            select jsonb_agg(distinct b.date order by b.date)
            from (
                values ('')
                union all
                select t.item #>> '{}'
                from jsonb_path_query(p_rules, '$[*].start_date') as t (item)
                union all
                select t.item #>> '{}'
                from jsonb_path_query(p_rules, '$[*].end_date') as t (item)
            ) as b (date)
            where b.date is not null
        ),
        'kwh', pricing.cut_axis(p_rules, 'kwh'),
        'duration', pricing.cut_axis(p_rules, 'duration'),
        'power', pricing.cut_axis(p_rules, 'power'),
        'current', pricing.cut_axis(p_rules, 'current'),
        'expired', case
            when p_rules @? '$[*] ? (@.reservation == "RESERVATION_EXPIRES")'
                then '[false, true]'::jsonb
            else '[false]'
        end
    );
end;
$$;
revoke all on function pricing.cut_axes(jsonb) from public;
comment on function pricing.cut_axes(jsonb) is
    'The beginnings of what restrictions of a tariff tell apart, axis by axis.';

-- The axis of min_<name> and max_<name>.
create or replace function pricing.cut_axis(p_rules jsonb, p_name text)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_bounds constant numeric[] := array(
        select (r.item ->> b.field)::numeric
        from pricing.list_items(p_rules) as r
        cross join (values (concat('min_', p_name)), (concat('max_', p_name))) as b (field)
        where r.item ->> b.field is not null
    );
begin
    return (
        select jsonb_agg(distinct b.bound order by b.bound) from unnest(v_bounds || 0.0) as b (bound)
    )
    || case
        when p_name in ('power', 'current') and cardinality(v_bounds) > 0 then '[null]'
        else '[]'
    end::jsonb;
end;
$$;
revoke all on function pricing.cut_axis(jsonb, text) from public;
comment on function pricing.cut_axis(jsonb, text) is
    'The beginnings of what min and max of one kind tell apart in a tariff.';

-- A cell in words, by the axes that have more than one place: 'on MONDAY from 08:00, from 20 kWh'.
create or replace function pricing.describe_cell(p_axes jsonb, p_cell jsonb)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select string_agg(
            case a.axis
                when 'day' then concat('on ', p_cell ->> 'day')
                when 'clock' then concat('from ', p_cell ->> 'clock')
                when 'date' then case p_cell ->> 'date'
                    when '' then concat('before ', p_axes #>> '{date,1}')
                    else concat('from ', p_cell ->> 'date')
                end
                when 'kwh' then format('from %s kWh', p_cell ->> 'kwh')
                when 'duration' then format('from %s s', p_cell ->> 'seconds')
                when 'power' then coalesce(
                    'from ' || (p_cell ->> 'power') || ' kW', 'at a power that is not known'
                )
                when 'current' then coalesce(
                    'from ' || (p_cell ->> 'current') || ' A', 'at a current that is not known'
                )
            end,
            ', '
            order by a.place
        )
        from unnest(
            array['date', 'day', 'clock', 'kwh', 'duration', 'power', 'current']
        ) with ordinality as a (axis, place)
        where jsonb_array_length(p_axes -> a.axis) > 1
    );
end;
$$;
revoke all on function pricing.describe_cell(jsonb, jsonb) from public;
comment on function pricing.describe_cell(jsonb, jsonb) is
    'A cell of pricing.judge_coverage in words.';
