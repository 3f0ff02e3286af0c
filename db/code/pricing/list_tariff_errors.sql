-- Why a tariff cannot be priced: one row a fault with its JSON path, in the order of the paths.
--
-- p_document is a tariff of OCPI 2.2.1 or 2.3.0, or a list of them.
-- Called by: pricing.lint_tariff, pricing.check_tariff.
create or replace function pricing.list_tariff_errors(p_document jsonb)
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
    fields as (
        select
            p.path,
            f.field,
            f.is_needed,
            f.reason,
            nullif(p.part -> f.field, 'null') as value,
            pricing.is_field_sound(f, p.part -> f.field) as is_sound
        from parts as p
        inner join pricing.list_tariff_fields() as f on f.class = p.class
        where jsonb_typeof(p.part) = 'object'
    ),
    -- Enough to go on with: a document of nothing but faults is not compared with all of them.
    unsound as materialized (
        select f.path, f.field, f.reason from fields as f where not f.is_sound limit 100
    ),
    faults as (
        select
            '$' as path, 'type' as rule,
            'a tariff must be an object, or a list of 1 to 10' as message
        where
            jsonb_typeof(p_document) = 'array'
            and jsonb_array_length(p_document) not between 1 and 10
        union all
        select p.path, 'type', 'must be an object'
        from parts as p
        where jsonb_typeof(p.part) is distinct from 'object'
        union all
        select concat(f.path, '.', f.field), 'required', 'is missing'
        from fields as f
        where f.is_needed and f.value is null
        union all
        select concat(u.path, '.', u.field), 'value', u.reason
        from unsound as u
        union all
        select c.path, c.rule, c.message
        from parts as p
        cross join lateral pricing.list_contradictions(p.path, p.class, p.part) as c
        -- What two fields say of each other can be judged when each is sound.
        where
            jsonb_typeof(p.part) = 'object'
            and not exists (select from unsound as u where starts_with(u.path, p.path))
        union all
        -- A session that changes its tariff is one sum.
        select
            format('$[%s].%s', t.n - 1, d.field), 'mixed_tariffs', 'differs from the first tariff'
        from pricing.list_items(p_document) as t
        cross join (values ('currency', null), ('tax_included', 'NO')) as d (field, otherwise)
        where
            coalesce(t.item ->> d.field, d.otherwise)
            <> coalesce(p_document -> 0 ->> d.field, d.otherwise)
        union all
        -- A period names its tariff by id.
        select
            format('$[%s].id', max(t.n) - 1), 'repeated', 'is the id of another tariff of the list'
        from pricing.list_items(p_document) as t
        where jsonb_typeof(t.item -> 'id') = 'string'
        group by lower(t.item ->> 'id')
        having count(distinct t.item) > 1
    )
    select f.path, f.rule, f.message
    from faults as f
    order by f.path collate "C", f.rule
    limit 100;
end;
$$;
revoke all on function pricing.list_tariff_errors(jsonb) from public;
comment on function pricing.list_tariff_errors(jsonb) is
    'Why a tariff cannot be priced: path, rule and message, one row a fault.';

-- Whether a value is what its field may hold; a missing one is.
create or replace function pricing.is_field_sound(p_field record, p_value jsonb)
returns boolean
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := p_value #>> '{}';
begin
    if v_text is null then
        return true;
    elsif jsonb_typeof(p_value) <> p_field.json_type then
        return false;
    end if;
    return case p_field.json_type
        when 'string' then
            v_text ~ p_field.pattern
            and (p_field.highest is null or length(v_text) <= p_field.highest)
            and case
                when p_field.field in ('start_date', 'end_date')
                    then pg_input_is_valid(v_text, 'date')
                -- The pattern leaves digits and signs only: PostgreSQL sees a date or refuses.
                when p_field.field in ('start_date_time', 'end_date_time', 'last_updated')
                    then pg_input_is_valid(v_text, 'timestamptz')
                else true
            end
        when 'number' then
            v_text::numeric between 0 and p_field.highest
            and scale(trim_scale(v_text::numeric)) <= case when p_field.is_whole then 0 else 30 end
        when 'array' then
            jsonb_array_length(p_value) between p_field.is_needed::integer and p_field.highest
            and (
                p_field.field <> 'day_of_week'
                or p_value <@ jsonb_build_array(
                    'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'
                )
            )
        else true
    end;
end;
$$;
revoke all on function pricing.is_field_sound(record, jsonb) from public;
comment on function pricing.is_field_sound(record, jsonb) is
    'Whether a value of a tariff is what its field may hold.';

-- What fields of one part say against each other, and restrictions that nobody knows: an element
-- whose restriction were passed over would be paid at times when it must not be.
create or replace function pricing.list_contradictions(p_path text, p_class text, p_part jsonb)
returns table (path text, rule text, message text)
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_class = 'restrictions' then
        return query
        select
            concat(p_path, '.', k.key), 'unknown_restriction',
            'is no restriction of OCPI, so that nobody can say when the element holds'
        from jsonb_object_keys(p_part) as k (key)
        where k.key <> all(array(
            select f.field from pricing.list_tariff_fields() as f where f.class = p_class
        ));
    elsif p_class = 'component' then
        -- OCPI asks for it everywhere; a flat fee has nothing to step.
        if p_part ->> 'step_size' is null and p_part ->> 'type' <> 'FLAT' then
            return query select concat(p_path, '.step_size'), 'required', 'is missing';
        end if;
    elsif p_class = 'element' then
        return query
        select
            format('%s.price_components[%s]', p_path, max(c.n) - 1), 'repeated',
            format('prices %s a second time in one element', c.item ->> 'type')
        from pricing.list_items(p_part -> 'price_components') as c
        group by c.item ->> 'type'
        having count(*) > 1;
    elsif p_class = 'limit' then
        if
            p_part ?| array['excl_vat', 'incl_vat']
            and p_part ?| array['before_taxes', 'after_taxes']
        then
            return query select
                p_path, 'mixed_versions',
                'has names of OCPI 2.2.1 (excl_vat) and of 2.3.0 (before_taxes)';
        elsif num_nonnulls(pricing.get_net_limit(p_part), pricing.get_gross_limit(p_part)) = 0 then
            return query select p_path, 'required', 'has no amount';
        end if;
    elsif p_class = 'tariff' then
        if
            pricing.get_net_limit(p_part -> 'min_price')
            > pricing.get_net_limit(p_part -> 'max_price')
            or pricing.get_gross_limit(p_part -> 'min_price')
            > pricing.get_gross_limit(p_part -> 'max_price')
        then
            return query select
                concat(p_path, '.min_price'), 'limits_cross', 'is higher than max_price';
        end if;
        if
            pricing.parse_moment(p_part ->> 'start_date_time')
            >= pricing.parse_moment(p_part ->> 'end_date_time')
        then
            return query select
                concat(p_path, '.end_date_time'), 'validity_empty',
                'is not later than start_date_time';
        end if;
        if
            p_part ? 'tax_included'
            and (
                p_part -> 'min_price' ?| array['excl_vat', 'incl_vat']
                or p_part -> 'max_price' ?| array['excl_vat', 'incl_vat']
            )
        then
            return query select
                concat(p_path, '.tax_included'), 'mixed_versions',
                'is of OCPI 2.3.0, but a limit has names of 2.2.1 (excl_vat)';
        elsif
            p_part -> 'min_price' ?| array['excl_vat', 'incl_vat']
            and p_part -> 'max_price' ?| array['before_taxes', 'after_taxes']
            or p_part -> 'min_price' ?| array['before_taxes', 'after_taxes']
            and p_part -> 'max_price' ?| array['excl_vat', 'incl_vat']
        then
            return query select
                concat(p_path, '.max_price'), 'mixed_versions',
                'has names of another version of OCPI than min_price';
        end if;
    end if;
end;
$$;
revoke all on function pricing.list_contradictions(text, text, jsonb) from public;
comment on function pricing.list_contradictions(text, text, jsonb) is
    'What fields of one part of a tariff say against each other.';

-- The amount before tax of min_price or max_price, whatever the version calls it.
create or replace function pricing.get_net_limit(p_limit jsonb)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(p_limit ->> 'before_taxes', p_limit ->> 'excl_vat')::numeric;
end;
$$;
revoke all on function pricing.get_net_limit(jsonb) from public;
comment on function pricing.get_net_limit(jsonb) is
    'The amount before tax of min_price or max_price, whatever the version calls it.';

-- The amount with tax of min_price or max_price, whatever the version calls it.
create or replace function pricing.get_gross_limit(p_limit jsonb)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(p_limit ->> 'after_taxes', p_limit ->> 'incl_vat')::numeric;
end;
$$;
revoke all on function pricing.get_gross_limit(jsonb) from public;
comment on function pricing.get_gross_limit(jsonb) is
    'The amount with tax of min_price or max_price, whatever the version calls it.';

-- A moment of OCPI: UTC, whether it says Z or not (types §DateTime).
create or replace function pricing.parse_moment(p_text text)
returns timestamptz
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (rtrim(p_text, 'Z') || 'Z')::timestamptz;
end;
$$;
revoke all on function pricing.parse_moment(text) from public;
comment on function pricing.parse_moment(text) is 'A moment of OCPI: UTC, with a Z or without.';
