-- Check a value against a JSON schema, with the keywords that OCPP's schemas use.
--
-- Known: type, enum, properties, required, additionalProperties (false, or a schema), items (one
-- schema), minItems, maxItems, minLength, maxLength, minimum, maximum, multipleOf, format
-- (date-time, uri), $ref to #/definitions/..., as drafts 4 and 6 mean them. Other keywords are
-- passed over; a test says that OCPP's schemas have none that would matter.
-- p_schema:   what holds for this value; p_root: the document that $ref is resolved in.
-- p_path:     JSON pointer of this value (RFC 6901).
-- Returned is a list of {"path", "keyword", "message"}, empty for a valid value. After 100 it
-- looks no further: the list is copied with each entry.
-- Called by:  fleet.check_command_payload, itself.
create or replace function ocpp.list_schema_violations(
    p_schema jsonb,
    p_value jsonb,
    p_root jsonb default null,
    p_path text default ''
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_root constant jsonb := coalesce(p_root, p_schema);
    v_type constant text := jsonb_typeof(p_value);
    v_schema jsonb := p_schema;
    v_violations jsonb := '[]';
    v_text text;
    v_number numeric;
    v_key text;
    v_item jsonb;
    v_part jsonb;
    v_ordinal bigint;
begin
    -- In these drafts nothing beside a $ref counts.
    while v_schema ? '$ref' loop
        v_schema := v_root #> string_to_array(substr(v_schema ->> '$ref', 3), '/');
    end loop;

    v_part := v_schema -> 'type';
    if
        v_part is not null
        and not (
            to_jsonb(v_type) = v_part
            or v_part = '"integer"'
            and v_type = 'number'
            and ocpp.is_integer(p_value, v_root ->> '$schema')
        )
    then
        return v_violations || ocpp.describe_violation(
            p_path, 'type', format('is not of type %s', v_part #>> '{}')
        );
    end if;
    if v_schema ? 'enum' and not (v_schema -> 'enum') @> jsonb_build_array(p_value) then
        v_violations := v_violations || ocpp.describe_violation(
            p_path, 'enum', format('is not one of %s', v_schema -> 'enum')
        );
    end if;

    case v_type
        when 'string' then
            v_text := p_value #>> '{}';
            if length(v_text) > (v_schema ->> 'maxLength')::numeric then
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'maxLength',
                    format('is longer than %s characters', v_schema ->> 'maxLength')
                );
            end if;
            if length(v_text) < (v_schema ->> 'minLength')::numeric then
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'minLength',
                    format('is shorter than %s characters', v_schema ->> 'minLength')
                );
            end if;
            if
                v_schema ->> 'format' = 'date-time' and not ocpp.is_date_time(v_text)
                or v_schema ->> 'format' = 'uri' and not ocpp.is_uri(v_text)
            then
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'format', format('is no %s', v_schema ->> 'format')
                );
            end if;
        when 'number' then
            v_number := (p_value #>> '{}')::numeric;
            if v_number < (v_schema ->> 'minimum')::numeric then
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'minimum', format('is less than %s', v_schema ->> 'minimum')
                );
            end if;
            if v_number > (v_schema ->> 'maximum')::numeric then
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'maximum', format('is more than %s', v_schema ->> 'maximum')
                );
            end if;
            if mod(v_number, (v_schema ->> 'multipleOf')::numeric) <> 0 then
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'multipleOf',
                    format('is no multiple of %s', v_schema ->> 'multipleOf')
                );
            end if;
        when 'array' then
            if jsonb_array_length(p_value) < (v_schema ->> 'minItems')::numeric then
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'minItems', format('has less than %s items', v_schema ->> 'minItems')
                );
            end if;
            if jsonb_array_length(p_value) > (v_schema ->> 'maxItems')::numeric then
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'maxItems', format('has more than %s items', v_schema ->> 'maxItems')
                );
            end if;
            v_part := v_schema -> 'items';
            if v_part is not null then
                -- A loop, for each item is a call of this function.
                for v_item, v_ordinal in
                    select i.value, i.ordinal - 1
                    from jsonb_array_elements(p_value) with ordinality as i (value, ordinal)
                loop
                    v_violations := v_violations || ocpp.list_schema_violations(
                        v_part, v_item, v_root, p_path || '/' || v_ordinal
                    );
                    exit when jsonb_array_length(v_violations) >= 100;
                end loop;
            end if;
        when 'object' then
            for v_key in
                select r.key
                from jsonb_array_elements_text(v_schema -> 'required') as r (key)
                where not p_value ? r.key
            loop
                v_violations := v_violations || ocpp.describe_violation(
                    p_path, 'required', format('lacks "%s"', v_key)
                );
            end loop;
            for v_key, v_item in select m.key, m.value from jsonb_each(p_value) as m loop
                exit when jsonb_array_length(v_violations) >= 100;
                v_part := coalesce(
                    v_schema -> 'properties' -> v_key, v_schema -> 'additionalProperties'
                );
                if v_part = 'false' then
                    v_violations := v_violations || ocpp.describe_violation(
                        p_path, 'additionalProperties',
                        format('has "%s", which is not known here', left(v_key, 100))
                    );
                elsif jsonb_typeof(v_part) = 'object' then
                    v_violations := v_violations || ocpp.list_schema_violations(
                        v_part, v_item, v_root,
                        p_path || '/' || replace(replace(v_key, '~', '~0'), '/', '~1')
                    );
                end if;
            end loop;
        else
            null;
    end case;
    return v_violations;
end;
$$;
revoke all on function ocpp.list_schema_violations(jsonb, jsonb, jsonb, text) from public;
comment on function ocpp.list_schema_violations(jsonb, jsonb, jsonb, text) is
    'What a value breaks of a JSON schema: a list of {"path", "keyword", "message"}.';

create or replace function ocpp.describe_violation(p_path text, p_keyword text, p_message text)
returns jsonb
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'path', left(p_path, 200), 'keyword', p_keyword, 'message', left(p_message, 200)
    )
$$;
revoke all on function ocpp.describe_violation(text, text, text) from public;
comment on function ocpp.describe_violation(text, text, text) is
    'One entry of a list of schema violations.';

create or replace function ocpp.is_integer(p_value jsonb, p_draft text)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- Draft 4 goes by how it is written, later ones by the value: 1.0.
    select case
        when p_draft like '%draft-04%' then scale((p_value #>> '{}')::numeric) = 0
        else (p_value #>> '{}')::numeric % 1 = 0
    end
$$;
revoke all on function ocpp.is_integer(jsonb, text) from public;
comment on function ocpp.is_integer(jsonb, text) is
    'Whether a JSON number is an integer, as a draft of JSON schema means it.';

create or replace function ocpp.is_date_time(p_text text)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part constant text[] := regexp_match(
        p_text,
        '^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?'
        '(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$'
    );
    v_minute_utc integer;
begin
    if
        v_part is null
        or v_part[2]::integer not between 1 and 12
        or v_part[4]::integer > 23
        or v_part[5]::integer > 59
        or v_part[6]::integer > 60
        or v_part[8]::integer > 23
        or v_part[9]::integer > 59
    then
        return false;
    end if;
    if v_part[6] = '60' then
        -- A leap second is at 23:59:60 UTC (RFC 3339 §5.7).
        v_minute_utc := v_part[4]::integer * 60 + v_part[5]::integer
            - (coalesce(v_part[7], '+') || '1')::integer
            * (coalesce(v_part[8], '0')::integer * 60 + coalesce(v_part[9], '0')::integer);
        if mod(v_minute_utc + 2880, 1440) <> 1439 then
            return false;
        end if;
    end if;
    -- Year 0 is a leap year of the proleptic calendar, as 2000 is; PostgreSQL has none.
    return v_part[3]::integer between 1 and extract(
        day from make_date(
            coalesce(nullif(v_part[1]::integer, 0), 2000), v_part[2]::integer, 1
        ) + interval '1 month' - interval '1 day'
    );
end;
$$;
revoke all on function ocpp.is_date_time(text) from public;
comment on function ocpp.is_date_time(text) is
    'Whether a text is a date-time of RFC 3339, with its zone.';

create or replace function ocpp.is_uri(p_text text)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- RFC 3986 appendix A.
    v_pchar constant text := '(?:[A-Za-z0-9._~!$&''()*+,;=:@-]|%[0-9A-Fa-f]{2})';
    v_match constant text[] := regexp_match(
        p_text,
        '^[A-Za-z][A-Za-z0-9+.-]*:'
        '(?://(?:(?:[A-Za-z0-9._~!$&''()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?'
        '(?:\[(?:([0-9A-Fa-f:.]+)|[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&''()*+,;=:-]+)\]'
        '|(?:[A-Za-z0-9._~!$&''()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?(?:/' || v_pchar || '*)*'
        '|(?!//)(?:/|' || v_pchar || ')*)'
        '(?:\?(?:' || v_pchar || '|[/?])*)?(?:#(?:' || v_pchar || '|[/?])*)?$'
    );
begin
    return v_match is not null
        and (
            v_match[1] is null
            or strpos(v_match[1], ':') > 0 and pg_input_is_valid(v_match[1], 'inet')
        );
end;
$$;
revoke all on function ocpp.is_uri(text) from public;
comment on function ocpp.is_uri(text) is 'Whether a text is a URI with its scheme (RFC 3986).';
