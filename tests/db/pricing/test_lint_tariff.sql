-- Tariffs that cannot be priced, with path and reason, and tariffs that are doubtful.
begin;
select plan(99);

-- A sound tariff with something else in it: p_path of the document becomes p_value.
create function pg_temp.tariff(p_path text[] default null, p_value jsonb default null)
returns jsonb
language sql
as $$
    select case
        when p_path is null then t.document
        when p_value is null then t.document #- p_path
        else jsonb_set(t.document, p_path, p_value)
    end
    from (
        select '{
            "country_code": "DE", "party_id": "GRW", "id": "T1", "currency": "EUR",
            "tax_included": "NO", "last_updated": "2026-01-01T00:00:00Z",
            "elements": [
                {
                    "price_components": [
                        {"type": "ENERGY", "price": 0.25, "vat": 19, "step_size": 1},
                        {"type": "TIME", "price": 1.00, "vat": 19, "step_size": 1}
                    ],
                    "restrictions": {"start_time": "22:00", "end_time": "06:00"}
                },
                {
                    "price_components": [
                        {"type": "ENERGY", "price": 0.50, "vat": 19, "step_size": 1},
                        {"type": "TIME", "price": 2.00, "vat": 19, "step_size": 1}
                    ]
                }
            ]
        }'::jsonb as document
    ) as t;
$$;
-- 'path: rule' of every error, or of every warning.
create function pg_temp.found(p_kind text, p_document jsonb)
returns text
language sql
as $$
    select string_agg(concat(f.item ->> 'path', ': ', f.item ->> 'rule'), ', ' order by f.n)
    from jsonb_array_elements(pricing.lint_tariff(p_document) -> p_kind) with ordinality
        as f (item, n);
$$;
-- A tariff of elements that each price ENERGY under these restrictions.
create function pg_temp.energy(variadic p_restrictions jsonb[])
returns jsonb
language sql
as $$
    select pg_temp.tariff('{elements}', jsonb_agg(
        jsonb_build_object(
            'price_components', '[{"type": "ENERGY", "price": 1, "vat": 0, "step_size": 1}]'::jsonb,
            'restrictions', r.item
        )
        order by r.n
    ))
    from unnest(p_restrictions) with ordinality as r (item, n);
$$;

select tests.act_as_owner();
select is(
    pricing.lint_tariff(pg_temp.tariff()), '{"errors": [], "warnings": []}',
    'a plain tariff has neither errors nor warnings'
);
select lives_ok(
    $$ select pricing.check_tariff(pg_temp.tariff()) $$, 'a tariff that can be priced passes'
);
select lives_ok(
    $$ select pricing.check_tariff(pg_temp.tariff()
        - array['country_code', 'party_id', 'id', 'last_updated', 'tax_included']) $$,
    'what only an exchange needs may be missing'
);
select throws_ok(
    $$ select pricing.check_tariff(pg_temp.tariff('{elements,0,price_components,1,price}', '-1'))
    $$,
    'PT400',
    'the tariff cannot be priced: $.elements[0].price_components[1].price must be an amount from 0'
    ' to 1000000000 with at most 30 decimals',
    'one that cannot be priced is refused with path and reason'
);

-- Errors: path of the fault, by what stands where ----------------------------------------------

select is(pg_temp.found('errors', v.document), '$: type', format('%s is no tariff', v.document))
from (values ('null'::jsonb), ('3'), ('"x"'), ('[]')) as v (document);
select is(
    pg_temp.found('errors', pg_temp.tariff(v.path::text[], v.value)), v.expected,
    format('%s of %s is an error', coalesce(v.value::text, 'lack'), v.path)
)
from (
    values
    ('{currency}', null::jsonb, '$.currency: required'),
    ('{currency}', 'null', '$.currency: required'),
    ('{currency}', '"euro"', '$.currency: value'),
    ('{currency}', '978', '$.currency: value'),
    ('{elements}', null, '$.elements: required'),
    ('{elements}', '[]', '$.elements: value'),
    ('{elements}', '{}', '$.elements: value'),
    ('{elements,1}', '7', '$.elements[1]: type'),
    ('{elements,1,price_components}', null, '$.elements[1].price_components: required'),
    ('{elements,1,price_components}', '[]', '$.elements[1].price_components: value'),
    ('{elements,1,price_components,0}', '[]', '$.elements[1].price_components[0]: type'),
    (
        '{elements,1,price_components,0,type}', null,
        '$.elements[1].price_components[0].type: required'
    ),
    (
        '{elements,1,price_components,0,type}', '"POWER"',
        '$.elements[1].price_components[0].type: value'
    ),
    (
        '{elements,1,price_components,0,price}', null,
        '$.elements[1].price_components[0].price: required'
    ),
    (
        '{elements,1,price_components,0,price}', '"0.25"',
        '$.elements[1].price_components[0].price: value'
    ),
    (
        '{elements,1,price_components,0,price}', '1e300',
        '$.elements[1].price_components[0].price: value'
    ),
    (
        '{elements,1,price_components,0,price}', '1e-300',
        '$.elements[1].price_components[0].price: value'
    ),
    (
        '{elements,1,price_components,0,vat}', '"19"',
        '$.elements[1].price_components[0].vat: value'
    ),
    (
        '{elements,1,price_components,0,vat}', '-1',
        '$.elements[1].price_components[0].vat: value'
    ),
    (
        '{elements,1,price_components,0,step_size}', '-1',
        '$.elements[1].price_components[0].step_size: value'
    ),
    (
        '{elements,1,price_components,0,step_size}', '1.5',
        '$.elements[1].price_components[0].step_size: value'
    ),
    (
        '{elements,1,price_components,0,step_size}', null,
        '$.elements[1].price_components[0].step_size: required'
    ),
    (
        '{elements,1,price_components,0,type}', '"TIME"',
        '$.elements[1].price_components[1]: repeated'
    ),
    ('{elements,0,restrictions}', '[]', '$.elements[0].restrictions: value'),
    (
        '{elements,0,restrictions,start_time}', '"24:00"',
        '$.elements[0].restrictions.start_time: value'
    ),
    (
        '{elements,0,restrictions,end_time}', '600', '$.elements[0].restrictions.end_time: value'
    ),
    (
        '{elements,0,restrictions,start_date}', '"2026-02-30"',
        '$.elements[0].restrictions.start_date: value'
    ),
    (
        '{elements,0,restrictions,day_of_week}', '["MON"]',
        '$.elements[0].restrictions.day_of_week: value'
    ),
    (
        '{elements,0,restrictions,day_of_week}', '"MONDAY"',
        '$.elements[0].restrictions.day_of_week: value'
    ),
    (
        '{elements,0,restrictions,min_kwh}', '-1', '$.elements[0].restrictions.min_kwh: value'
    ),
    (
        '{elements,0,restrictions,max_duration}', '0.5',
        '$.elements[0].restrictions.max_duration: value'
    ),
    (
        '{elements,0,restrictions,reservation}', '"YES"',
        '$.elements[0].restrictions.reservation: value'
    ),
    (
        '{elements,0,restrictions,weather}', '"rain"',
        '$.elements[0].restrictions.weather: unknown_restriction'
    ),
    ('{tax_included}', 'true', '$.tax_included: value'),
    ('{type}', '"CHEAP"', '$.type: value'),
    ('{id}', '" T1"', '$.id: value'),
    ('{min_price}', '5', '$.min_price: value'),
    ('{min_price}', '{}', '$.min_price: required'),
    ('{min_price}', '{"before_taxes": -5}', '$.min_price.before_taxes: value'),
    (
        '{min_price}', '{"before_taxes": 5, "incl_vat": 6}',
        '$.min_price: mixed_versions, $.tax_included: mixed_versions'
    ),
    ('{min_price}', '{"excl_vat": 5}', '$.tax_included: mixed_versions'),
    ('{max_price}', '{"excl_vat": 5}', '$.tax_included: mixed_versions'),
    ('{tariff_alt_text}', '[{"language": "en"}]', '$.tariff_alt_text[0].text: required'),
    ('{tariff_alt_text}', '["cheap"]', '$.tariff_alt_text[0]: type'),
    ('{tariff_alt_url}', '"javascript:alert(1)"', '$.tariff_alt_url: value'),
    ('{start_date_time}', '"2026-13-01T00:00:00Z"', '$.start_date_time: value'),
    ('{end_date_time}', '"tomorrow"', '$.end_date_time: value'),
    ('{last_updated}', '"2026-01-01T00:00:00+02:00"', '$.last_updated: value')
) as v (path, value, expected);
select is(
    pg_temp.found('errors', pg_temp.tariff() || '{
        "min_price": {"before_taxes": 5}, "max_price": {"before_taxes": 3},
        "start_date_time": "2026-02-01T00:00:00", "end_date_time": "2026-01-01T00:00:00Z"
    }'),
    '$.end_date_time: validity_empty, $.min_price: limits_cross',
    'limits that cross and a validity without a moment are errors'
);
select is(
    pg_temp.found('errors', pg_temp.tariff() - 'tax_included' || '{
        "min_price": {"excl_vat": 5}, "max_price": {"before_taxes": 9}
    }'),
    '$.max_price: mixed_versions',
    'two limits are of one version'
);
select is(
    pg_temp.found('errors', jsonb_build_array(
        pg_temp.tariff(), pg_temp.tariff('{currency}', '"USD"') || '{"id": "other"}', 5
    )),
    '$[1].currency: mixed_tariffs, $[2]: type',
    'tariffs of one session have one currency'
);
select is(
    pg_temp.found('errors', jsonb_build_array(pg_temp.tariff(), pg_temp.tariff() || v.more)),
    v.expected, v.why
)
from (
    values
    ('{}'::jsonb, null, 'one tariff may stand there twice'),
    ('{"id": "t1", "min_price": {"before_taxes": 1}}', '$[1].id: repeated', 'two have two ids')
) as v (more, expected, why);
select is(
    pg_temp.found('errors', pg_temp.tariff(v.path::text[], v.value)), null,
    format('%s as %s is right', v.value, v.path)
)
from (
    values
    ('{elements,1,price_components,0,step_size}', '0'::jsonb),
    ('{elements,1,price_components,0,vat}', 'null'),
    ('{elements,1,price_components,0}', '{"type": "FLAT", "price": 0}'),
    ('{elements,0,restrictions}', 'null'),
    ('{elements,0,restrictions,day_of_week}', '[]'),
    ('{tax_included}', '"N/A"'),
    ('{max_price}', '{"after_taxes": 10}'),
    ('{type}', '"AD_HOC_PAYMENT"'),
    ('{id}', '"Day and night"'),
    ('{end_date_time}', '"2030-01-01T00:00:00"')
) as v (path, value);

-- Warnings -------------------------------------------------------------------------------------

select is(
    pg_temp.found('warnings', pg_temp.energy(variadic v.restrictions::jsonb[])), v.expected, v.why
)
from (
    values
    (
        array['{}', '{"start_time": "10:00", "end_time": "12:00"}'],
        '$.elements[1].price_components[0]: unreachable',
        'an element behind one without restrictions is out of reach'
    ),
    (
        array[
            '{"start_time": "06:00", "end_time": "22:00"}',
            '{"start_time": "22:00", "end_time": "06:00"}', '{}'
        ],
        '$.elements[2].price_components[0]: unreachable',
        'so is one behind windows that fill the day'
    ),
    (
        array['{"start_time": "06:00", "end_time": "22:00"}', '{"start_time": "21:00"}'],
        '$.elements: gap',
        'hours that no element covers are a gap'
    ),
    (
        array['{"day_of_week": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]}'],
        '$.elements: gap',
        'so are days'
    ),
    (array['{"max_kwh": 10}', '{"min_kwh": 10.5}'], '$.elements: gap', 'and energy'),
    (
        array['{"max_duration": 3600}', '{"min_duration": 3600}'], null,
        'steps of duration that meet leave none'
    ),
    (
        array['{"max_power": 16}', '{"min_power": 16}'], '$.elements: gap',
        'power and current may be unknown'
    ),
    (
        array['{"start_date": "2026-12-24", "end_date": "2026-12-27"}', '{}'], null,
        'days of a feast before the rest of the year leave none'
    ),
    (
        array['{"min_kwh": 5, "max_kwh": 5}', '{}'],
        '$.elements[0].price_components[0]: unreachable, '
        '$.elements[0].restrictions.max_kwh: empty_window',
        'a window without anything in it'
    ),
    (
        array['{"start_date": "2026-12-24", "end_date": "2026-12-24"}', '{}'],
        '$.elements[0].price_components[0]: unreachable, '
        '$.elements[0].restrictions.end_date: empty_window',
        'the last date is not in it'
    ),
    (
        array['{"start_time": "08:00", "end_time": "08:00"}'],
        '$.elements[0].restrictions.end_time: whole_day',
        'equal times are the whole day'
    ),
    (
        array['{"start_time": "22:00", "end_time": "06:00", "day_of_week": ["SATURDAY"]}', '{}'],
        '$.elements[0].restrictions.day_of_week: weekday_over_midnight',
        'the night of Saturday ends on Sunday'
    ),
    (
        array['{"reservation": "RESERVATION"}', '{}'],
        '$.elements[0].price_components[0]: unreachable',
        'nobody charges while something is reserved'
    )
) as v (restrictions, expected, why);
select is(
    pg_temp.found('warnings', pg_temp.energy((
        select jsonb_object_agg(f.field, null)
        from pricing.list_tariff_fields() as f
        where f.class = 'restrictions'
    )) || (
        select jsonb_object_agg(f.field, null)
        from pricing.list_tariff_fields() as f
        where
            f.class = 'tariff'
            and f.field not in (
                'currency', 'elements', 'country_code', 'party_id', 'id', 'last_updated'
            )
    )),
    '$.tax_included: missing_field',
    'null is nothing, though its name tells the version'
);
select is(
    pg_temp.found('errors', pg_temp.energy((
        select jsonb_object_agg(f.field, null)
        from pricing.list_tariff_fields() as f
        where f.class = 'restrictions'
    ))),
    null,
    'and no error'
);
select is(
    pg_temp.found('warnings', pg_temp.energy(
        '{"start_time": "22:00", "end_time": "06:00", "day_of_week": null}', '{}'
    )),
    null,
    'no days are every day'
);
select is(
    pricing.lint_tariff(pg_temp.energy(
        '{"start_time": "06:00", "end_time": "22:00"}', '{"start_time": "22:00"}'
    )) #>> '{warnings,0,message}',
    'ENERGY has no price from 00:00',
    'a gap says where it begins'
);
select is(
    pg_temp.found('warnings', pg_temp.tariff('{elements}', '[
        {"price_components": [{"type": "TIME", "price": 5, "vat": 19, "step_size": 1}],
         "restrictions": {"reservation": "RESERVATION"}},
        {"price_components": [{"type": "TIME", "price": 6, "vat": 19, "step_size": 1}],
         "restrictions": {"reservation": "RESERVATION_EXPIRES"}},
        {"price_components": [{"type": "TIME", "price": 2, "vat": 19, "step_size": 1}]}
    ]')),
    null,
    'prices of reservations, used and expired, stand beside those of charging'
);
select is(
    pg_temp.found('warnings', pg_temp.tariff(v.path::text[], v.value)), v.expected,
    format('%s of %s is doubtful', coalesce(v.value::text, 'lack'), v.path)
)
from (
    values
    (
        '{elements,0,price_components,0,step_size}', '1000'::jsonb,
        '$.elements[0].price_components[0].step_size: step_size_over_1'
    ),
    (
        '{elements,0,price_components,0,vat}', null,
        '$.elements[0].price_components[0].vat: tax_unknown'
    ),
    (
        '{elements,0,price_components,0,price}', '0.30000000000000004',
        '$.elements[0].price_components[0].price: price_decimals'
    ),
    ('{min_prize}', '{"before_taxes": 5}', '$.min_prize: unknown_field'),
    ('{max_price}', '{"after_taxes": 5}', '$.max_price: limit_one_sided'),
    ('{max_price}', '{"before_taxes": 20, "after_taxes": 12}', '$.max_price: limit_sides'),
    ('{party_id}', null, '$.party_id: missing_field')
) as v (path, value, expected);
select is(
    pg_temp.found('warnings', (
        select pg_temp.tariff('{elements}', jsonb_agg(jsonb_build_object(
            'price_components', '[{"type": "FLAT", "price": 1, "vat": 0}]'::jsonb,
            'restrictions', jsonb_build_object(
                'min_kwh', n, 'min_duration', n, 'min_power', n, 'min_current', n
            )
        )))
        from generate_series(1, 20) as n
    )),
    '$.elements: too_many_windows',
    'what would take too long to look for is said not to be'
);

-- Who may ask ----------------------------------------------------------------------------------

select tests.act_as('greenway.viewer');
select is(
    api.lint_tariff('{}') #>> '{errors,0,path}', '$.currency', 'staff ask without a permission'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select api.lint_tariff('{}') $$, '42501', null, 'drivers do not'
);

select * from finish();
rollback;
