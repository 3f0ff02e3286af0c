-- What a session costs, and why: the one place where prices are made.
--
-- Called by: api.price, and whatever shows a live cost, rates a session or previews a price.
-- Takes:   p_compiled, what pricing.compile_tariff made; p_session, charging periods that
--          pricing.check_session accepts. It reads nothing else (but the time zones).
-- Returns: {"engine_version", "currency", "tax_included", "total_excl_vat", "total_incl_vat",
--           "exact": {"excl_vat", "incl_vat"}, "lines", "taxes", "limit_applied",
--           "before_limit", "warnings", "energy_kwh", "charging_s", "parking_s", "reserved_s"}
--          amounts and quantities are text; exact, measured and billed have up to 9 decimals.
--          A line is what one price component costs in one period: measured and billed are kWh or
--          hours as in a CDR, quantity and billed_quantity exact Wh or seconds. taxes are per
--          rate and sum to the difference of the totals; empty where the net is unknown.
--          limit_applied (min or max) and before_limit stand where a limit of the tariff bites.
--          Warnings: tax_unknown, a price says neither its tax nor that there is none.
-- Rules (OCPI 2.2.1 and 2.3.0, mod_tariffs and mod_cdrs; DESIGN 18, 19):
-- - Each dimension of a period is priced by the first component whose restrictions hold at the
--   start of the period: local time, kWh and seconds since the first charging period; for
--   reserved time seconds since its own start. What is unknown (power, current) does not match.
-- - FLAT is due once, in the first charging period where one matches; for a reservation as well.
-- - step_size: the total of a dimension rises to a multiple of the step of its last priced
--   period that used any, and that period gets the difference. Of TIME and PARKING_TIME only the
--   later one is stepped. Where the session changed its tariff, the total is the last tariff's.
-- - Amounts have 30 decimals and their sums 24, so that thirds add up again; then each total is
--   rounded once, half away from zero.
-- - A limit holds for each total on its own; where it says nothing of one, that total follows at
--   the rate of tax of the session.
create or replace function pricing.price(p_compiled jsonb, p_session jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
-- OCPI times are UTC, with or without the Z that says so.
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
    v_time_zone constant text := p_session ->> 'time_zone';
    v_expired constant boolean := coalesce((p_session ->> 'reservation_expired')::boolean, false);
    v_tariff_numbers constant jsonb := p_compiled -> 'tariff_numbers';
    v_has_tax_within constant boolean := p_compiled ->> 'tax_included' = 'YES';
    v_decimals constant integer := (p_compiled ->> 'decimals')::integer;
    v_last_tariff constant integer := coalesce(
        (v_tariff_numbers ->> lower(p_session #>> '{charging_periods,-1,tariff_id}'))::integer, 0
    );
    v_lines jsonb;
    v_usage jsonb;
    v_vats numeric[];
    v_nets numeric[];
    v_taxes numeric[];
    v_excl numeric;
    v_incl numeric;
    v_is_tax_unknown boolean;
    v_limited record;
    v_total_excl numeric;
    v_total_incl numeric;
    v_result jsonb;
begin
    with measured as (
        select
            p.period_index,
            coalesce((v_tariff_numbers ->> lower(p.tariff_id))::integer, 0) as tariff,
            p.start_date_time,
            p.start_date_time at time zone v_time_zone as local_time,
            d.*
        from rows from (
            jsonb_to_recordset(p_session -> 'charging_periods') as (
                start_date_time timestamptz, dimensions jsonb, tariff_id text
            )
        ) with ordinality as p (start_date_time, dimensions, tariff_id, period_index)
        cross join lateral (
            select
                sum(q.volume) filter (where q.type = 'ENERGY') as kwh,
                sum(q.hours) filter (where q.type = 'TIME') as charging_h,
                sum(q.seconds) filter (where q.type = 'TIME') as charging_s,
                sum(q.hours) filter (where q.type = 'PARKING_TIME') as parking_h,
                sum(q.seconds) filter (where q.type = 'PARKING_TIME') as parking_s,
                sum(q.hours) filter (where q.type = 'RESERVATION_TIME') as reserved_h,
                sum(q.seconds) filter (where q.type = 'RESERVATION_TIME') as reserved_s,
                coalesce(
                    min(q.volume) filter (where q.type = 'MIN_POWER'),
                    min(q.volume) filter (where q.type = 'POWER')
                ) as min_power,
                coalesce(
                    max(q.volume) filter (where q.type = 'MAX_POWER'),
                    max(q.volume) filter (where q.type = 'POWER')
                ) as max_power,
                coalesce(
                    min(q.volume) filter (where q.type = 'MIN_CURRENT'),
                    min(q.volume) filter (where q.type = 'CURRENT')
                ) as min_current,
                coalesce(
                    max(q.volume) filter (where q.type = 'MAX_CURRENT'),
                    max(q.volume) filter (where q.type = 'CURRENT')
                ) as max_current
            from (
                select
                    d.type,
                    d.volume,
                    coalesce(d.seconds / 3600, d.volume) as hours,
                    coalesce(d.seconds, round(d.volume * 3600)) as seconds
                from jsonb_to_recordset(p.dimensions)
                    as d (type text, volume numeric, seconds numeric)
            ) as q
        ) as d
    ),
    period as materialized (
        select
            m.*,
            -- By line, as pricing.compile_tariff numbers them.
            array[
                case when m.reserved_s is not null then 1 end,
                m.reserved_s,
                -- Who makes one period of reservation and charging owes the start fee all the same.
                case
                    when
                        m.reserved_s is null
                        or greatest(m.kwh, m.charging_s, m.parking_s) > 0
                        then 1
                end,
                m.kwh * 1000,
                m.charging_s,
                m.parking_s
            ] as quantities,
            array[1, m.reserved_h, 1, m.kwh, m.charging_h, m.parking_h] as volumes,
            extract(
                epoch from m.start_date_time - case
                    when m.reserved_s is null
                        then min(m.start_date_time) filter (where m.reserved_s is null) over ()
                    else min(m.start_date_time) filter (where m.reserved_s is not null) over ()
                end
            ) as elapsed_s,
            coalesce(sum(m.kwh) over (
                order by m.period_index rows between unbounded preceding and 1 preceding
            ), 0) as kwh_before
        from measured as m
    ),
    priced as (
        select distinct on (p.tariff, r.line, p.period_index)
            p.period_index,
            p.quantities[r.line] as quantity,
            p.volumes[r.line] as measured,
            r.*
        from period as p
        inner join rows from (
            jsonb_to_recordset(p_compiled -> 'rules') as (
                place integer, tariff integer, tariff_id text, line integer, bucket text, unit text,
                per_unit numeric, element_index integer, component_index integer,
                price numeric, vat numeric, step numeric, start_time time, end_time time,
                start_date date, end_date date, days integer, min_kwh numeric, max_kwh numeric,
                min_current numeric, max_current numeric, min_power numeric, max_power numeric,
                min_duration numeric, max_duration numeric, expired boolean
            )
        ) as r
            on r.tariff = p.tariff
            and p.quantities[r.line] is not null
            and (r.expired is null or v_expired)
            -- From 22:00 to 06:00 midnight lies between; the same time twice is the whole day.
            and (
                r.start_time is null
                or case
                    when r.start_time < r.end_time
                        then p.local_time::time >= r.start_time and p.local_time::time < r.end_time
                    else p.local_time::time >= r.start_time or p.local_time::time < r.end_time
                end
            )
            and (r.start_date is null or p.local_time::date >= r.start_date)
            and (r.end_date is null or p.local_time::date < r.end_date)
            and (
                r.days is null
                or r.days & (1 << (extract(isodow from p.local_time)::integer - 1)) > 0
            )
            and (r.min_kwh is null or p.kwh_before >= r.min_kwh)
            and (r.max_kwh is null or p.kwh_before < r.max_kwh)
            and (r.min_duration is null or p.elapsed_s >= r.min_duration)
            and (r.max_duration is null or p.elapsed_s < r.max_duration)
            and (r.min_power is null or p.min_power >= r.min_power)
            and (r.max_power is null or p.max_power < r.max_power)
            and (r.min_current is null or p.min_current >= r.min_current)
            and (r.max_current is null or p.max_current < r.max_current)
        order by p.tariff, r.line, p.period_index, r.place
    ),
    -- Windows without an order, or with that of priced: nothing is sorted again.
    due as (
        select
            p.*,
            sum(p.quantity) over (partition by p.tariff, p.line) as total,
            p.line in (1, 3) and p.period_index > case p.line
                when 1 then min(p.period_index) filter (where p.line = 1) over ()
                when 3 then min(p.period_index) filter (where p.line = 3) over ()
            end as is_paid,
            -- TIME and PARKING_TIME share one turn: the later of them takes the step.
            p.step is not null and p.period_index * 8 + p.line = case
                when p.line = 2
                    then max(p.period_index * 8 + p.line)
                    filter (where p.line = 2 and p.quantity > 0) over ()
                when p.line = 4
                    then max(p.period_index * 8 + p.line)
                    filter (where p.line = 4 and p.quantity > 0) over ()
                when p.line in (5, 6)
                    then max(p.period_index * 8 + p.line)
                    filter (where p.line in (5, 6) and p.quantity > 0) over ()
            end as takes_step
        from priced as p
    ),
    cost as materialized (
        select
            d.*,
            b.quantity as billed_quantity,
            case
                when not v_has_tax_within then c.cost
                when d.vat is not null then c.cost * 100 / (100 + d.vat)
                -- What tax it holds is unknown, unless there is none to hold.
                when c.cost = 0 then c.cost
            end as excl,
            case
                when v_has_tax_within or d.vat is null then c.cost
                else c.cost * (100 + d.vat) * 0.01
            end as incl
        from due as d
        cross join lateral (
            select
                d.quantity
                + case when d.takes_step then (d.step - d.total % d.step) % d.step else 0 end
                as quantity
        ) as b
        cross join lateral (select round(d.price * b.quantity, 30) / d.per_unit as cost) as c
        where not d.is_paid
    )
    select l.lines, r.*, u.usage
    into
        v_lines, v_vats, v_nets, v_taxes, v_excl, v_incl, v_is_tax_unknown, v_usage
    from (
        select to_jsonb(array_agg(l)) as lines
        from (
            select
                c.bucket,
                c.element_index,
                c.component_index,
                c.tariff_id,
                c.period_index - 1 as period_index,
                trim_scale(round(c.measured, 9))::text as measured,
                trim_scale(round(c.billed_quantity / c.per_unit, 9))::text as billed,
                c.unit,
                c.price::text as price,
                c.vat,
                trim_scale(round(c.excl, 9))::text as cost_excl,
                trim_scale(round(c.incl, 9))::text as cost_incl,
                trim_scale(c.quantity)::text as quantity,
                trim_scale(c.billed_quantity)::text as billed_quantity
            from cost as c
            order by c.period_index, c.line
        ) as l
    ) as l
    cross join (
        select
            array_agg(r.vat),
            array_agg(r.net),
            array_agg(r.gross - r.net),
            -- One price of unknown tax, and the whole net is unknown.
            case when bool_and(r.is_net_known) then sum(r.net) end,
            sum(r.gross),
            bool_or(r.vat is null and r.gross <> 0)
        from (
            select
                c.vat,
                round(sum(c.excl), 24) as net,
                round(sum(c.incl), 24) as gross,
                count(*) = count(c.excl) as is_net_known
            from cost as c
            group by c.vat
            order by c.vat nulls first
        ) as r
    ) as r
    cross join (
        select
            jsonb_build_object(
                'energy_kwh', trim_scale(coalesce(sum(p.kwh), 0))::text,
                'charging_s', trim_scale(coalesce(sum(p.charging_s), 0))::text,
                'parking_s', trim_scale(coalesce(sum(p.parking_s), 0))::text,
                'reserved_s', trim_scale(coalesce(sum(p.reserved_s), 0))::text
            ) as usage
        from period as p
    ) as u;
    if v_lines is null then
        v_lines := '[]';
        v_excl := 0;
        v_incl := 0;
        v_is_tax_unknown := false;
        v_vats := array[null::numeric];
        v_nets := array[0];
        v_taxes := array[0];
    end if;

    v_limited := pricing.limit_price(
        p_compiled -> 'limits' -> v_last_tariff, v_excl, v_incl, v_vats[cardinality(v_vats)]
    );
    v_total_excl := round(v_limited.excl, v_decimals);
    v_total_incl := round(v_limited.incl, v_decimals);
    v_result := v_usage || jsonb_build_object(
        'engine_version', pricing.engine_version(),
        'currency', p_compiled -> 'currency',
        'tax_included', p_compiled -> 'tax_included',
        'total_excl_vat', v_total_excl::text,
        'total_incl_vat', v_total_incl::text,
        'exact', jsonb_build_object(
            'excl_vat', trim_scale(round(v_limited.excl, 9))::text,
            'incl_vat', trim_scale(round(v_limited.incl, 9))::text
        ),
        'taxes', pricing.list_taxes(
            v_vats, v_nets, v_taxes, v_total_excl, v_total_incl, v_decimals
        ),
        'warnings', case
            when v_is_tax_unknown and p_compiled ->> 'tax_included' <> 'N/A'
                then jsonb_build_array(jsonb_build_object(
                    'code', 'tax_unknown',
                    'message', 'a price says neither its tax nor that there is none'
                ))
            else '[]'
        end
    );
    if v_limited.applied is not null then
        v_result := v_result || jsonb_build_object(
            'limit_applied', v_limited.applied,
            'before_limit', jsonb_build_object(
                'excl_vat', trim_scale(round(v_excl, 9))::text,
                'incl_vat', trim_scale(round(v_incl, 9))::text
            )
        );
    end if;
    -- By far the longest part comes last: each || writes all there is once more.
    return jsonb_set(v_result, '{lines}', v_lines);
end;
$$;
revoke all on function pricing.price(jsonb, jsonb) from public;
comment on function pricing.price(jsonb, jsonb) is 'What a session costs, and why.';

-- The least and most that a tariff lets a session cost, for each total on its own.
--
-- The side that a limit leaves open is worked out at the rate of tax of the session, or of its
-- dearest price where it cost nothing. p_excl is null where the tax within a price is unknown.
create or replace function pricing.limit_price(
    p_limits jsonb,
    p_excl numeric,
    p_incl numeric,
    p_vat numeric,
    out excl numeric,
    out incl numeric,
    out applied text
)
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ratio constant numeric := case
        when p_excl > 0 then p_incl / p_excl
        when p_excl = 0 then 1 + coalesce(p_vat, 0) / 100
    end;
    v_min_excl numeric;
    v_min_incl numeric;
    v_max_excl numeric;
    v_max_incl numeric;
begin
    excl := p_excl;
    incl := p_incl;
    if p_limits = '{}' then
        return;
    end if;
    v_min_excl := p_limits -> 'min_excl';
    v_min_incl := p_limits -> 'min_incl';
    v_max_excl := p_limits -> 'max_excl';
    v_max_incl := p_limits -> 'max_incl';
    -- least and greatest pass over what is null, a limit as well as an unknown net.
    excl := case
        when p_excl is not null then least(greatest(p_excl, v_min_excl), v_max_excl)
    end;
    incl := least(greatest(p_incl, v_min_incl), v_max_incl);
    -- The side that follows has limits of its own, too.
    if (excl > p_excl and v_min_incl is null) or (excl < p_excl and v_max_incl is null) then
        incl := least(greatest(excl * v_ratio, v_min_incl), v_max_incl);
    elsif
        p_excl is not null
        and ((incl > p_incl and v_min_excl is null) or (incl < p_incl and v_max_excl is null))
    then
        excl := least(greatest(incl / v_ratio, v_min_excl), v_max_excl);
    end if;
    applied := case
        when incl > p_incl or excl > p_excl then 'min'
        when incl < p_incl or excl < p_excl then 'max'
    end;
    -- Limits may cross; tax is never negative.
    excl := case when excl is not null then least(excl, incl) end;
end;
$$;
revoke all on function pricing.limit_price(jsonb, numeric, numeric, numeric) from public;
comment on function pricing.limit_price(jsonb, numeric, numeric, numeric) is
    'The least and most that a tariff lets a session cost, for each total on its own.';

-- The tax of each rate, so that net and tax sum to the totals; empty where the net is unknown.
create or replace function pricing.list_taxes(
    p_vats numeric[],
    p_nets numeric[],
    p_taxes numeric[],
    p_total_excl numeric,
    p_total_incl numeric,
    p_decimals integer
)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_nets numeric[] := array[p_total_excl];
    v_taxes numeric[] := array[p_total_incl - p_total_excl];
    v_list jsonb := '[]';
begin
    if p_total_excl is null then
        return v_list;
    end if;
    if cardinality(p_vats) > 1 then
        v_nets := pricing.apportion(p_total_excl, p_nets, p_decimals);
        v_taxes := pricing.apportion(p_total_incl - p_total_excl, p_taxes, p_decimals);
    end if;
    for i in 1..cardinality(p_vats) loop
        v_list := v_list || jsonb_build_object(
            'vat', p_vats[i],
            'net', v_nets[i]::text,
            'tax', v_taxes[i]::text,
            'gross', (v_nets[i] + v_taxes[i])::text
        );
    end loop;
    return v_list;
end;
$$;
revoke all on function pricing.list_taxes(
    numeric[], numeric[], numeric[], numeric, numeric, integer
) from public;
comment on function pricing.list_taxes(
    numeric[], numeric[], numeric[], numeric, numeric, integer
) is 'The tax of each rate, so that net and tax sum to the totals.';
