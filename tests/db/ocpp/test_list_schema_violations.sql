-- The check of a value against a JSON schema, keyword by keyword. (That it agrees with the
-- bridge's over all of OCPP's schemas is test_schema_check.py.)
begin;
select plan(10);
select tests.act_as_owner();
create function pg_temp.violations(p_schema jsonb, p_value jsonb)
returns text[] language sql as $$
    select array(
        select concat_ws(' ', v.value ->> 'path', v.value ->> 'keyword')
        from jsonb_array_elements(ocpp.list_schema_violations(p_schema, p_value)) as v
        order by 1
    );
$$;
create temporary view draft6 as
select '{
    "$schema": "http://json-schema.org/draft-06/schema#",
    "definitions": {
        "Kind": {"type": "string", "enum": ["A", "B"]},
        "Item": {
            "type": "object", "required": ["kind"], "additionalProperties": false,
            "properties": {"kind": {"$ref": "#/definitions/Kind"}, "n": {"type": "integer"}}
        }
    },
    "type": "object",
    "properties": {
        "items": {
            "type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/definitions/Item"}
        },
        "part": {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.1},
        "text": {"type": "string", "minLength": 2, "maxLength": 3}
    },
    "additionalProperties": {"type": "boolean"}
}'::jsonb as schema;

select is(
    (select pg_temp.violations(
        d.schema,
        '{"items": [{"kind": "A", "n": 1.0}], "part": 0.3, "text": "\u00e9\ud83d\udd0c", "x": true}'
    ) from pg_temp.draft6 as d),
    '{}', 'a value that fits'
);
select is(
    (select pg_temp.violations(
        d.schema,
        '{"items": [{"kind": "C", "n": 1.5}, {"n": "1"}, 7, {"kind": "A", "m/~": 1}],
          "part": 1.25, "text": "long", "x": 1}'
    ) from pg_temp.draft6 as d),
    array[
        '/items maxItems', '/items/0/kind enum', '/items/0/n type', '/items/1 required',
        '/items/1/n type', '/items/2 type', '/items/3 additionalProperties', '/part maximum',
        '/part multipleOf', '/text maxLength', '/x type'
    ],
    'every fault, with where it is'
);
select is(
    (select pg_temp.violations(d.schema, '{"items": [], "part": -1, "text": "x"}')
     from pg_temp.draft6 as d),
    array['/items minItems', '/part minimum', '/text minLength'], 'the other ends of the limits'
);
select is(
    (select pg_temp.violations(d.schema, 'null') from pg_temp.draft6 as d),
    array[' type'], 'null is no object'
);
select is(
    ocpp.list_schema_violations(
        '{"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}', '1.0'
    ),
    '[{"path": "", "keyword": "type", "message": "is not of type integer"}]',
    'in draft 4, 1.0 is no integer'
);
select is(
    pg_temp.violations(
        '{"properties": {"a/~b": {"type": "null"}}}', '{"a/~b": 1}'
    ),
    array['/a~1~0b type'], 'the path is a JSON pointer'
);
select is(
    jsonb_array_length(
        ocpp.list_schema_violations(
            '{"type": "array", "items": {"type": "string"}}',
            (select jsonb_agg(n) from generate_series(1, 1000) as n)
        )
    ),
    100, 'a list of faults ends'
);
select is(
    jsonb_array_length(
        ocpp.list_schema_violations(
            '{"additionalProperties": false}',
            (select jsonb_object_agg(n, n) from generate_series(1, 1000) as n)
        )
    ),
    100, 'that of members, too'
);
select is_empty(
    $$ select t.value
       from unnest(array['2026-11-20T12:00:00Z', '2016-12-31T23:59:60Z']) as t (value)
       where not ocpp.is_date_time(t.value)
       union all
       select t.value
       from unnest(array['', '2026-11-20', '2026-11-31T12:00:00Z', '2026-11-20T12:00:00']) as t
           (value)
       where ocpp.is_date_time(t.value) $$,
    'times of RFC 3339'
);
select is_empty(
    $$ select t.value
       from unnest(array['ftp://u:p@h:21/x?y#z', 'urn:a:b', 'http://[::1]/']) as t (value)
       where not ocpp.is_uri(t.value)
       union all
       select t.value
       from unnest(array['', 'x', '//x', 'http://a b', 'http://[1::2::3]/']) as t (value)
       where ocpp.is_uri(t.value) $$,
    'addresses of RFC 3986'
);
select * from finish();
rollback;
