-- A price in words: one text a kind of cost, then limits, taxes and the total.
--
-- Lines of one price component are put together. Amounts of a line are shown to four decimals,
-- rounded there for reading only: the engine rounds once, in the total.
-- Called by: api.transactions, api.ratings; by anybody with a result of api.price.
-- Reads nothing: what it explains is its argument.
create or replace function api.explain_price(result jsonb)
returns text[]
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        array(
            select
                format(
                    '%s: %s%s = %s %s (tariff element %s%s)',
                    case g.bucket
                        when 'ENERGY' then 'Energy'
                        when 'TIME' then 'Charging time'
                        when 'PARKING_TIME' then 'Parking time'
                        when 'RESERVATION_TIME' then 'Reserved time'
                        when 'RESERVATION_FLAT' then 'Fee for the reservation'
                        else 'Fee'
                    end,
                    case
                        when g.unit = 'kWh' then format(
                            '%s kWh%s × ', trim_scale(g.measured),
                            case
                                when g.billed <> g.measured
                                    then format(' counted as %s kWh', trim_scale(g.billed))
                            end
                        )
                        when g.unit = 'h' then format(
                            '%s%s × ',
                            make_interval(secs => round(g.measured * 3600)::double precision),
                            case
                                when round(g.billed * 3600) <> round(g.measured * 3600)
                                    then format(
                                        ' counted as %s',
                                        make_interval(
                                            secs => round(g.billed * 3600)::double precision
                                        )
                                    )
                            end
                        )
                        else ''
                    end,
                    concat_ws(
                        ' ', g.price, result ->> 'currency',
                        case g.unit when 'kWh' then 'per kWh' when 'h' then 'per hour' end
                    ),
                    trim_scale(round(
                        case
                            when result ->> 'tax_included' = 'YES'
                                then coalesce(g.cost_incl, g.cost_excl)
                            else coalesce(g.cost_excl, g.cost_incl)
                        end, 4
                    )),
                    result ->> 'currency',
                    g.element_index + 1,
                    case
                        when g.vat is null then ''
                        when result ->> 'tax_included' = 'YES'
                            then format(', %s %% VAT in it', g.vat)
                        else format(', plus %s %% VAT', g.vat)
                    end
                )
            from (
                select
                    l.bucket,
                    l.element_index,
                    l.unit,
                    l.price,
                    trim_scale(l.vat) as vat,
                    sum(l.measured) as measured,
                    sum(l.billed) as billed,
                    sum(l.cost_excl) as cost_excl,
                    sum(l.cost_incl) as cost_incl,
                    min(l.no) as no
                from rows from (
                    jsonb_to_recordset(result -> 'lines') as (
                        bucket text, element_index integer, component_index integer,
                        tariff_id text, unit text, price numeric, vat numeric, measured numeric,
                        billed numeric, cost_excl numeric, cost_incl numeric
                    )
                ) with ordinality as l (
                    bucket, element_index, component_index, tariff_id, unit, price, vat, measured,
                    billed, cost_excl, cost_incl, no
                )
                group by
                    l.bucket, l.tariff_id, l.element_index, l.component_index, l.unit, l.price,
                    l.vat
            ) as g
            order by g.no
        )
        || array(
            select 'Free of charge: the tariff asks nothing for this.'
            where result -> 'lines' = '[]'
        )
        || array(
            select format(
                '%s price of the tariff: %s %s instead of %s %s',
                case result ->> 'limit_applied' when 'min' then 'Lowest' else 'Highest' end,
                coalesce(result ->> 'total_incl_vat', result ->> 'total_excl_vat'),
                result ->> 'currency',
                trim_scale(round(
                    case
                        when result ->> 'total_incl_vat' is null
                            then (result -> 'before_limit' ->> 'excl_vat')::numeric
                        else (result -> 'before_limit' ->> 'incl_vat')::numeric
                    end, 4
                )),
                result ->> 'currency'
            )
            where result ? 'limit_applied'
        )
        || array(
            select format(
                'VAT of %s %%: %s %s on %s %s',
                trim_scale((t.tax ->> 'vat')::numeric), t.tax ->> 'tax', result ->> 'currency',
                t.tax ->> 'net', result ->> 'currency'
            )
            from jsonb_array_elements(result -> 'taxes') with ordinality as t (tax, no)
            where (t.tax ->> 'vat')::numeric > 0
            order by t.no
        )
        || concat(
            'Total: ',
            concat_ws(
                ', ',
                result ->> 'total_excl_vat' || ' ' || (result ->> 'currency') || ' without VAT',
                result ->> 'total_incl_vat' || ' ' || (result ->> 'currency') || ' with VAT'
            )
        );
$$;
revoke all on function api.explain_price(jsonb) from public;
grant execute on function api.explain_price(jsonb) to staff, customer, platform;
comment on function api.explain_price(jsonb) is
    E'A price in words, a list of texts.\n'
    'The argument is what price answered, or result of ratings. Amounts of single lines are '
    'rounded for reading; the total is rounded once.';
