-- What is doubtful about a tariff that can be priced: one row a doubt with its JSON path.
--
-- p_document is a tariff of OCPI 2.2.1 or 2.3.0, or a list of them, without errors.
-- Called by: pricing.lint_tariff.
create or replace function pricing.list_tariff_warnings(p_document jsonb)
returns table (path text, rule text, message text)
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with parts as materialized (
        select p.path, p.class, p.part from pricing.list_tariff_parts(p_document) as p
    ),
    doubts as (
        -- A misspelt field is one that is missing.
        select
            concat(p.path, '.', k.key) as path, 'unknown_field' as rule,
            'is no field of OCPI and has no effect' as message
        from parts as p
        cross join lateral jsonb_object_keys(p.part) as k (key)
        where not exists (
            select
            from pricing.list_tariff_fields() as f
            where f.class = p.class and f.field = k.key
        )
        union all
        select w.path, w.rule, w.message
        from parts as p
        cross join lateral pricing.list_tariff_doubts(p.path, p.part) as w
        where p.class = 'tariff'
        union all
        select w.path, w.rule, w.message
        from parts as p
        cross join lateral pricing.list_price_coverage(p.path, p.part) as w
        where p.class = 'tariff'
        union all
        select w.path, w.rule, w.message
        from parts as p
        cross join lateral pricing.list_restriction_doubts(p.path, p.part) as w
        where p.class = 'restrictions'
        union all
        select
            concat(p.path, '.step_size'), 'step_size_over_1',
            'bills begun steps whole: the driver pays for what was not taken'
        from parts as p
        where
            p.class = 'component'
            and p.part ->> 'type' <> 'FLAT'
            and (p.part ->> 'step_size')::numeric > 1
        union all
        select
            concat(p.path, '.price'), 'price_decimals', 'has more than the four decimals of OCPI'
        from parts as p
        where p.class = 'component' and scale(trim_scale((p.part ->> 'price')::numeric)) > 4
    )
    select d.path, d.rule, d.message
    from doubts as d
    order by d.path collate "C", d.rule
    limit 200;
end;
$$;
revoke all on function pricing.list_tariff_warnings(jsonb) from public;
comment on function pricing.list_tariff_warnings(jsonb) is
    'What is doubtful about a tariff that can be priced: path, rule and message.';

-- Doubts about one tariff as a whole: what is needed to exchange it, tax, limits.
create or replace function pricing.list_tariff_doubts(p_path text, p_tariff jsonb)
returns table (path text, rule text, message text)
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tax_included constant text := p_tariff ->> 'tax_included';
begin
    return query
    select
        concat(p_path, '.', f.field), 'missing_field', 'is missing: partners need it'
    from unnest(array['country_code', 'party_id', 'id', 'last_updated']) as f (field)
    where p_tariff ->> f.field is null;

    if v_tax_included is null and pricing.judge_ocpi_version(p_tariff) = '2.3.0' then
        return query select
            concat(p_path, '.tax_included'), 'missing_field',
            'is missing: prices are taken to be without tax';
    end if;
    -- Left out is not nought: then nobody can say what the tax is.
    if v_tax_included is distinct from 'N/A' then
        return query
        select
            format('%s.elements[%s].price_components[%s].vat', p_path, e.n - 1, c.n - 1),
            'tax_unknown',
            case v_tax_included
                when 'YES' then 'is missing: the total without tax cannot be known'
                else 'is missing: the total with tax cannot be known'
            end
        from pricing.list_items(p_tariff -> 'elements') as e
        cross join lateral pricing.list_items(e.item -> 'price_components') as c
        where c.item ->> 'vat' is null;
    end if;

    return query
    select
        concat(p_path, '.', l.field), d.rule, d.message
    from (values ('min_price'), ('max_price')) as l (field)
    cross join lateral (
        select
            pricing.get_net_limit(p_tariff -> l.field) as net,
            pricing.get_gross_limit(p_tariff -> l.field) as gross
    ) as a
    cross join lateral (
        select
            'limit_one_sided' as rule,
            'limits one total only: the other follows at the ratio of the session' as message
        where num_nonnulls(a.net, a.gross) = 1 and v_tax_included is distinct from 'N/A'
        union all
        select 'limit_sides', 'is higher without tax than with it'
        where a.net > a.gross
    ) as d;
end;
$$;
revoke all on function pricing.list_tariff_doubts(text, jsonb) from public;
comment on function pricing.list_tariff_doubts(text, jsonb) is
    'Doubts about one tariff as a whole: what is needed to exchange it, tax, limits.';

-- Doubts about the restrictions of one element.
create or replace function pricing.list_restriction_doubts(p_path text, p_restrictions jsonb)
returns table (path text, rule text, message text)
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Times of one length in one form compare as text.
    v_start constant text := p_restrictions ->> 'start_time';
    v_end constant text := p_restrictions ->> 'end_time';
begin
    return query
    select
        concat(p_path, '.', l.high), 'empty_window',
        format('is not above %s: the element never holds', l.low)
    from (
        values
        ('min_kwh', 'max_kwh'), ('min_current', 'max_current'), ('min_power', 'max_power'),
        ('min_duration', 'max_duration')
    ) as l (low, high)
    where (p_restrictions ->> l.low)::numeric >= (p_restrictions ->> l.high)::numeric
    union all
    -- A limit of nought leaves nothing below it.
    select concat(p_path, '.', l.high), 'empty_window', 'is 0: the element never holds'
    from unnest(array['max_kwh', 'max_current', 'max_power', 'max_duration']) as l (high)
    where (p_restrictions ->> l.high)::numeric = 0
    union all
    select
        concat(p_path, '.end_date'), 'empty_window',
        'is not after start_date, and its day is out: the element never holds'
    where p_restrictions ->> 'start_date' >= p_restrictions ->> 'end_date'
    union all
    select concat(p_path, '.end_time'), 'whole_day', 'is start_time: that is the whole day'
    where v_start = v_end
    union all
    select
        concat(p_path, '.day_of_week'), 'weekday_over_midnight',
        'is the day of each moment: after midnight it is the next one'
    where
        v_start > v_end
        and v_end <> '00:00'
        and (
            select count(distinct d.item)
            from pricing.list_items(p_restrictions -> 'day_of_week') as d
        ) between 1 and 6;
end;
$$;
revoke all on function pricing.list_restriction_doubts(text, jsonb) from public;
comment on function pricing.list_restriction_doubts(text, jsonb) is
    'Doubts about the restrictions of one element of a tariff.';
