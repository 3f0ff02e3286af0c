-- The fields of a tariff, with what each may hold: class, field, JSON type, pattern (string),
-- highest (of a number, the lowest is 0 everywhere; of a string the most characters, of a list the
-- most items), whole numbers only, needed, and the rule in words.
--
-- Both versions at once: 2.2.1 says excl_vat and incl_vat where 2.3.0 says before_taxes and
-- after_taxes, and only 2.3.0 knows tax_included. country_code, party_id, id and last_updated are
-- needed to exchange a tariff but not to price with it, so nothing here asks for them.
-- Called by: pricing.list_tariff_errors, pricing.list_tariff_warnings.
-- Source:    OCPI 2.2.1 and 2.3.0, mod_tariffs §Object description and §Data types.
create or replace function pricing.list_tariff_fields()
returns table (
    class text, field text, json_type text, pattern text, highest numeric, is_whole boolean,
    is_needed boolean, reason text
)
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_moment constant text :=
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z?$';
    v_moment_reason constant text := 'must be a moment in UTC such as 2026-07-01T00:00:00Z';
    v_clock constant text := '^([01][0-9]|2[0-3]):[0-5][0-9]$';
    v_clock_reason constant text := 'must be a local time from 00:00 to 23:59';
    v_date constant text := '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$';
    v_date_reason constant text := 'must be a local date such as 2026-07-01';
    v_amount_reason constant text :=
        'must be an amount from 0 to 1000000000 with at most 30 decimals';
    v_number_reason constant text := 'must be a number from 0 to 1000000000';
    v_seconds_reason constant text := 'must be whole seconds from 0 to 1000000000';
begin
    return query values
    (
        'tariff', 'country_code', 'string', '^[A-Za-z]{2}$', null::numeric, false, false,
        'must be two letters of ISO 3166-1'
    ),
    (
        'tariff', 'party_id', 'string', '^[A-Za-z0-9]{3}$', null, false, false,
        'must be three letters or digits'
    ),
    (
        'tariff', 'id', 'string', '^[!-~]([ -~]{0,34}[!-~])?$', null, false, false,
        'must be 1 to 36 printable ASCII characters, no space at either end'
    ),
    (
        'tariff', 'currency', 'string', '^[A-Z]{3}$', null, false, true,
        'must be three capital letters of ISO 4217'
    ),
    (
        'tariff', 'type', 'string',
        '^(AD_HOC_PAYMENT|PROFILE_CHEAP|PROFILE_FAST|PROFILE_GREEN|REGULAR)$', null, false, false,
        'must be AD_HOC_PAYMENT, PROFILE_CHEAP, PROFILE_FAST, PROFILE_GREEN or REGULAR'
    ),
    (
        'tariff', 'tax_included', 'string', '^(YES|NO|N/A)$', null, false, false,
        'must be YES, NO or N/A'
    ),
    (
        'tariff', 'tariff_alt_text', 'array', null, 100, false, false,
        'must be a list of at most 100 texts'
    ),
    (
        'tariff', 'tariff_alt_url', 'string', '^https?://[^\s]+$', 255, false, false,
        'must be a URL of http or https of at most 255 characters'
    ),
    ('tariff', 'min_price', 'object', null, null, false, false, 'must be an object'),
    ('tariff', 'max_price', 'object', null, null, false, false, 'must be an object'),
    (
        'tariff', 'elements', 'array', null, 1000, false, true,
        'must be a list of 1 to 1000 elements'
    ),
    ('tariff', 'start_date_time', 'string', v_moment, null, false, false, v_moment_reason),
    ('tariff', 'end_date_time', 'string', v_moment, null, false, false, v_moment_reason),
    ('tariff', 'last_updated', 'string', v_moment, null, false, false, v_moment_reason),
    ('tariff', 'energy_mix', 'object', null, null, false, false, 'must be an object'),
    ('limit', 'before_taxes', 'number', null, 1e9, false, false, v_amount_reason),
    ('limit', 'after_taxes', 'number', null, 1e9, false, false, v_amount_reason),
    ('limit', 'excl_vat', 'number', null, 1e9, false, false, v_amount_reason),
    ('limit', 'incl_vat', 'number', null, 1e9, false, false, v_amount_reason),
    (
        'text', 'language', 'string', '^[A-Za-z]{2}$', null, false, true,
        'must be two letters of ISO 639-1'
    ),
    (
        'text', 'text', 'string', '[^\s]', 512, false, true,
        'must be 1 to 512 characters'
    ),
    (
        'element', 'price_components', 'array', null, 4, false, true,
        'must be a list of 1 to 4 price components'
    ),
    ('element', 'restrictions', 'object', null, null, false, false, 'must be an object'),
    (
        'component', 'type', 'string', '^(ENERGY|FLAT|PARKING_TIME|TIME)$', null, false, true,
        'must be ENERGY, FLAT, PARKING_TIME or TIME'
    ),
    ('component', 'price', 'number', null, 1e9, false, true, v_amount_reason),
    (
        'component', 'vat', 'number', null, 1000, false, false,
        'must be a percentage from 0 to 1000 with at most 30 decimals'
    ),
    (
        'component', 'step_size', 'number', null, 1e9, true, false,
        'must be a whole number from 0 to 1000000000'
    ),
    ('restrictions', 'start_time', 'string', v_clock, null, false, false, v_clock_reason),
    ('restrictions', 'end_time', 'string', v_clock, null, false, false, v_clock_reason),
    ('restrictions', 'start_date', 'string', v_date, null, false, false, v_date_reason),
    ('restrictions', 'end_date', 'string', v_date, null, false, false, v_date_reason),
    ('restrictions', 'min_kwh', 'number', null, 1e9, false, false, v_number_reason),
    ('restrictions', 'max_kwh', 'number', null, 1e9, false, false, v_number_reason),
    ('restrictions', 'min_current', 'number', null, 1e9, false, false, v_number_reason),
    ('restrictions', 'max_current', 'number', null, 1e9, false, false, v_number_reason),
    ('restrictions', 'min_power', 'number', null, 1e9, false, false, v_number_reason),
    ('restrictions', 'max_power', 'number', null, 1e9, false, false, v_number_reason),
    ('restrictions', 'min_duration', 'number', null, 1e9, true, false, v_seconds_reason),
    ('restrictions', 'max_duration', 'number', null, 1e9, true, false, v_seconds_reason),
    (
        'restrictions', 'day_of_week', 'array', null, 7, false, false,
        'must be a list of days such as MONDAY'
    ),
    (
        'restrictions', 'reservation', 'string', '^(RESERVATION|RESERVATION_EXPIRES)$', null,
        false, false, 'must be RESERVATION or RESERVATION_EXPIRES'
    );
end;
$$;
revoke all on function pricing.list_tariff_fields() from public;
comment on function pricing.list_tariff_fields() is
    'The fields of an OCPI tariff and what each may hold.';

-- The parts of a document with their JSON paths and classes: what stands where an object belongs,
-- whether it is one or not. A document is a tariff or a list of them. Lists that are too long are
-- refused as a whole: what is beyond is not gone through.
create or replace function pricing.list_tariff_parts(p_document jsonb)
returns table (path text, class text, part jsonb)
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with tariffs as (
        select '$'::text as path, p_document as part
        where jsonb_typeof(p_document) is distinct from 'array'
        union all
        select format('$[%s]', t.n - 1), t.part
        from pricing.list_items(p_document) as t (part, n)
        where t.n <= 10
    ),
    elements as (
        select format('%s.elements[%s]', t.path, e.n - 1) as path, e.part
        from tariffs as t
        cross join lateral pricing.list_items(t.part -> 'elements') as e (part, n)
        where e.n <= 1000
    )
    select t.path, 'tariff', t.part from tariffs as t
    union all
    select concat(t.path, '.', l.field), 'limit', t.part -> l.field
    from tariffs as t
    cross join (values ('min_price'), ('max_price')) as l (field)
    where jsonb_typeof(t.part -> l.field) = 'object'
    union all
    select format('%s.tariff_alt_text[%s]', t.path, a.n - 1), 'text', a.part
    from tariffs as t
    cross join lateral pricing.list_items(t.part -> 'tariff_alt_text') as a (part, n)
    where a.n <= 100
    union all
    select e.path, 'element', e.part from elements as e
    union all
    select concat(e.path, '.restrictions'), 'restrictions', e.part -> 'restrictions'
    from elements as e
    where jsonb_typeof(e.part -> 'restrictions') = 'object'
    union all
    select format('%s.price_components[%s]', e.path, c.n - 1), 'component', c.part
    from elements as e
    cross join lateral pricing.list_items(e.part -> 'price_components') as c (part, n)
    where c.n <= 4;
end;
$$;
revoke all on function pricing.list_tariff_parts(jsonb) from public;
comment on function pricing.list_tariff_parts(jsonb) is
    'The parts of a tariff document with their JSON paths and classes.';

-- The items of a JSON list, numbered from 1; none of what is not a list.
create or replace function pricing.list_items(p_list jsonb)
returns table (item jsonb, n bigint)
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if jsonb_typeof(p_list) = 'array' then
        return query
        select i.item, i.n from jsonb_array_elements(p_list) with ordinality as i (item, n);
    end if;
end;
$$;
revoke all on function pricing.list_items(jsonb) from public;
comment on function pricing.list_items(jsonb) is
    'The items of a JSON list, numbered from 1; none of what is not a list.';
