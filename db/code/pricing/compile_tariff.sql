-- Turn a tariff, or an array of the tariffs of one session, into what pricing.price reads.
--
-- Called by: api.price, whatever stores a version of a tariff.
-- Takes:   documents of OCPI 2.2.1 or 2.3.0 that pricing.check_tariff accepts, of one currency
--          and one tax_included.
-- Returns: {"currency", "decimals", "tax_included",
--           "tariffs":        the documents as OCPI 2.3.0 says them, numbers as they came,
--           "tariff_numbers": {id in lower case: its place in tariffs},
--           "limits":         [{"min_excl", "min_incl", "max_excl", "max_incl"}] of each tariff,
--           "rules":          price components, the first that matches a period first}
-- A rule is {"place", "tariff", "tariff_id", "line", "bucket", "unit", "per_unit",
-- "element_index", "component_index", "price", "vat", "step", and the restrictions of its
-- element}: line is the order of lines within a period, 1 to 6; per_unit how many Wh or seconds
-- the price is for. Tariffs, elements and components count from 0. The price of an expired
-- reservation comes before the one of any reservation, whatever the order of elements (OCPI
-- mod_tariffs, ReservationRestrictionType).
create or replace function pricing.compile_tariff(p_document jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tariffs constant jsonb := (
        select jsonb_agg(pricing.normalise_tariff(d.document) order by d.place)
        from jsonb_array_elements(
            case jsonb_typeof(p_document)
                when 'array' then p_document
                else jsonb_build_array(p_document)
            end
        ) with ordinality as d (document, place)
    );
begin
    return jsonb_build_object(
        'currency', v_tariffs -> 0 -> 'currency',
        'decimals', pricing.get_currency_decimals(v_tariffs -> 0 ->> 'currency'),
        'tax_included', v_tariffs -> 0 -> 'tax_included',
        'tariffs', v_tariffs,
        'tariff_numbers', (
            select coalesce(
                jsonb_object_agg(lower(t.document ->> 'id'), t.place - 1 order by t.place desc),
                '{}'
            )
            from jsonb_array_elements(v_tariffs) with ordinality as t (document, place)
            where t.document ->> 'id' is not null
        ),
        'limits', (
            select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'min_excl', t.document #> '{min_price,before_taxes}',
                'min_incl', t.document #> '{min_price,after_taxes}',
                'max_excl', t.document #> '{max_price,before_taxes}',
                'max_incl', t.document #> '{max_price,after_taxes}'
            )) order by t.place)
            from jsonb_array_elements(v_tariffs) with ordinality as t (document, place)
        ),
        'rules', (
            select coalesce(jsonb_agg(r.rule || jsonb_build_object('place', r.place)), '[]')
            from (
                select
                    pricing.compile_restrictions(e.element -> 'restrictions')
                    || jsonb_strip_nulls(jsonb_build_object(
                        'tariff', t.place - 1,
                        'tariff_id', t.document -> 'id',
                        'line', l.line,
                        'bucket', l.bucket,
                        'unit', l.unit,
                        'per_unit', l.per_unit,
                        'element_index', e.place - 1,
                        'component_index', c.place - 1,
                        'price', c.component -> 'price',
                        -- N/A: no tax is due on this tariff, whatever a component says.
                        'vat', case
                            when t.document ->> 'tax_included' <> 'N/A' then c.component -> 'vat'
                        end,
                        'step', nullif((c.component ->> 'step_size')::numeric, 0)
                    )) as rule,
                    row_number() over (
                        order by
                            t.place,
                            e.element #>> '{restrictions,reservation}' = 'RESERVATION_EXPIRES' desc
                            nulls last,
                            e.place,
                            c.place
                    ) as place
                from jsonb_array_elements(v_tariffs) with ordinality as t (document, place)
                cross join jsonb_array_elements(t.document -> 'elements')
                with ordinality as e (element, place)
                cross join jsonb_array_elements(e.element -> 'price_components')
                with ordinality as c (component, place)
                inner join (
                    values
                    (true, 'FLAT', 1, 'RESERVATION_FLAT', '1', 1),
                    (true, 'TIME', 2, 'RESERVATION_TIME', 'h', 3600),
                    (false, 'FLAT', 3, 'FLAT', '1', 1),
                    (false, 'ENERGY', 4, 'ENERGY', 'kWh', 1000),
                    (false, 'TIME', 5, 'TIME', 'h', 3600),
                    (false, 'PARKING_TIME', 6, 'PARKING_TIME', 'h', 3600)
                ) as l (is_reservation, type, line, bucket, unit, per_unit)
                    on l.type = c.component ->> 'type'
                    and l.is_reservation
                    = (e.element #>> '{restrictions,reservation}' is not null)
            ) as r
        )
    );
end;
$$;
revoke all on function pricing.compile_tariff(jsonb) from public;
comment on function pricing.compile_tariff(jsonb) is
    'Turn OCPI tariffs into what pricing.price reads.';

-- A tariff of OCPI 2.2.1 as 2.3.0 says it; one of 2.3.0 as it is.
create or replace function pricing.normalise_tariff(p_document jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (p_document - array['min_price', 'max_price']) || jsonb_strip_nulls(jsonb_build_object(
        'tax_included', coalesce(p_document ->> 'tax_included', 'NO'),
        'min_price', pricing.normalise_limit(p_document -> 'min_price'),
        'max_price', pricing.normalise_limit(p_document -> 'max_price')
    ));
end;
$$;
revoke all on function pricing.normalise_tariff(jsonb) from public;
comment on function pricing.normalise_tariff(jsonb) is
    'A tariff of OCPI 2.2.1 as 2.3.0 says it; one of 2.3.0 as it is.';

-- A Price of OCPI 2.2.1 as a PriceLimit of 2.3.0; null when it limits nothing.
create or replace function pricing.normalise_limit(p_limit jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return nullif(
        jsonb_strip_nulls(jsonb_build_object(
            'before_taxes', coalesce(p_limit -> 'before_taxes', p_limit -> 'excl_vat'),
            'after_taxes', coalesce(p_limit -> 'after_taxes', p_limit -> 'incl_vat')
        )),
        '{}'
    );
end;
$$;
revoke all on function pricing.normalise_limit(jsonb) from public;
comment on function pricing.normalise_limit(jsonb) is
    'A Price of OCPI 2.2.1 as a PriceLimit of 2.3.0.';

-- The restrictions of an element without what restricts nothing.
--
-- Either end of a time of day that is left out is midnight. days has a bit for each ISO day of
-- the week, Monday the lowest. expired says that only an expired reservation pays this.
create or replace function pricing.compile_restrictions(p_restrictions jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_strip_nulls(jsonb_build_object(
        'start_time', case
            when num_nonnulls(p_restrictions ->> 'start_time', p_restrictions ->> 'end_time') > 0
                then coalesce(p_restrictions ->> 'start_time', '00:00')
        end,
        'end_time', case
            when num_nonnulls(p_restrictions ->> 'start_time', p_restrictions ->> 'end_time') > 0
                then coalesce(p_restrictions ->> 'end_time', '24:00')
        end,
        'start_date', p_restrictions -> 'start_date',
        'end_date', p_restrictions -> 'end_date',
        'days', (
            select bit_or(1 << d.bit)
            from (
                values
                ('MONDAY', 0), ('TUESDAY', 1), ('WEDNESDAY', 2), ('THURSDAY', 3), ('FRIDAY', 4),
                ('SATURDAY', 5), ('SUNDAY', 6)
            ) as d (day, bit)
            where p_restrictions -> 'day_of_week' ? d.day
        ),
        'min_kwh', p_restrictions -> 'min_kwh',
        'max_kwh', p_restrictions -> 'max_kwh',
        'min_current', p_restrictions -> 'min_current',
        'max_current', p_restrictions -> 'max_current',
        'min_power', p_restrictions -> 'min_power',
        'max_power', p_restrictions -> 'max_power',
        'min_duration', p_restrictions -> 'min_duration',
        'max_duration', p_restrictions -> 'max_duration',
        'expired', case when p_restrictions ->> 'reservation' = 'RESERVATION_EXPIRES' then true end
    ));
end;
$$;
revoke all on function pricing.compile_restrictions(jsonb) from public;
comment on function pricing.compile_restrictions(jsonb) is
    'The restrictions of an element in the form of a rule of pricing.compile_tariff.';
