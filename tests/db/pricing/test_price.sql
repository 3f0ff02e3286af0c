-- What the vectors do not say: limits with one side, tax, currencies, reservations, odd sessions.
begin;
select plan(36);
select tests.act_as_owner();

-- A tariff of elements, with other fields laid over; an hour of charging, cut at will.
create function pg_temp.tariff(p_elements jsonb, p_fields jsonb default '{}') returns jsonb
language sql as $$
    select '{"id": "T", "currency": "EUR"}'::jsonb || jsonb_build_object('elements', p_elements)
        || p_fields
$$;
create function pg_temp.component(
    p_type text, p_price numeric, p_vat numeric default null, p_step integer default 1
) returns jsonb
language sql as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'type', p_type, 'price', p_price, 'vat', p_vat, 'step_size', p_step
    ))
$$;
create function pg_temp.element(p_components jsonb, p_restrictions jsonb default null) returns jsonb
language sql as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'price_components', p_components, 'restrictions', p_restrictions
    ))
$$;
create function pg_temp.session(p_periods jsonb, p_fields jsonb default '{}') returns jsonb
language sql as $$
    select jsonb_build_object(
        'time_zone', 'UTC', 'start_date_time', '2026-03-10T10:00:00Z',
        'end_date_time', '2026-03-10T12:00:00Z',
        'charging_periods', (
            select jsonb_agg(jsonb_build_object(
                'start_date_time', p.period ->> 0,
                'dimensions', (
                    select jsonb_agg(jsonb_build_object('type', d.key, 'volume', d.value))
                    from jsonb_each(p.period -> 1) as d
                )
            ))
            from jsonb_array_elements(p_periods) as p (period)
        )
    ) || p_fields
$$;
create function pg_temp.price(p_tariff jsonb, p_session jsonb) returns jsonb
language sql as $$
    select pricing.price(pricing.compile_tariff(p_tariff), p_session)
$$;
create function pg_temp.kwh(p_kwh numeric) returns jsonb
language sql as $$
    select pg_temp.session(jsonb_build_array(jsonb_build_array(
        '2026-03-10T10:00:00Z', jsonb_build_object('ENERGY', p_kwh)
    )))
$$;
create function pg_temp.energy(p_price numeric, p_vat numeric default null) returns jsonb
language sql as $$
    select jsonb_build_array(pg_temp.element(jsonb_build_array(
        pg_temp.component('ENERGY', p_price, p_vat)
    )))
$$;

-- The compiled tariff.
select is(
    pricing.compile_tariff(
        '{
            "id": "T", "currency": "EUR", "min_price": {"excl_vat": 2.0, "incl_vat": 2.40},
            "max_price": null,
            "elements": [
                {"price_components": [{"type": "FLAT", "price": 2.0, "vat": 19.0, "step_size": 1}]}
            ]
        }'
    ) #>> '{tariffs,0}',
    '{"id": "T", "currency": "EUR", "elements": [{"price_components": [{"vat": 19.0, '
    '"type": "FLAT", "price": 2.0, "step_size": 1}]}], "min_price": {"after_taxes": 2.40, '
    '"before_taxes": 2.0}, "tax_included": "NO"}',
    'OCPI 2.2.1 is read as 2.3.0, and numbers keep their zeros'
);
select results_eq(
    $$
    select c.currency, pricing.get_currency_decimals(c.currency)
    from (values ('EUR'), ('JPY'), ('KWD'), ('CLF'), ('XXX')) as c (currency)
    $$,
    $$ values ('EUR', 2), ('JPY', 0), ('KWD', 3), ('CLF', 4), ('XXX', 2) $$,
    'currencies have the decimals of ISO 4217'
);
select is(
    pg_temp.price(
        pg_temp.tariff(pg_temp.energy(0.333, 10), jsonb_build_object('currency', c.currency)),
        pg_temp.kwh(7.5)
    ) ->> 'total_incl_vat',
    c.total,
    format('%s is rounded to its own decimals, half away from zero', c.currency)
)
from (values ('EUR', '2.75'), ('JPY', '3'), ('KWD', '2.747')) as c (currency, total);
select is(
    pg_temp.price(pg_temp.tariff(pg_temp.energy(0.001)), pg_temp.kwh(5)) ->> 'total_excl_vat',
    '0.01',
    'half a cent is a cent'
);

-- Limits.
select is(
    jsonb_build_array(
        r.result ->> 'total_excl_vat', r.result ->> 'total_incl_vat', r.result ->> 'limit_applied'
    ),
    l.expected,
    l.description
)
from (
    values
    (
        1, '{"min_price": {"before_taxes": 3}}'::jsonb, '["3.00", "3.57", "min"]'::jsonb,
        'a minimum before tax lifts the other total at the rate of the session'
    ),
    (
        1, '{"min_price": {"after_taxes": 3.57}}', '["3.00", "3.57", "min"]',
        'and so does one after tax'
    ),
    (
        100, '{"max_price": {"before_taxes": 10}}', '["10.00", "11.90", "max"]',
        'a maximum before tax lowers the other total'
    ),
    (
        100, '{"max_price": {"after_taxes": 11.9}}', '["10.00", "11.90", "max"]',
        'and so does one after tax'
    ),
    (
        20, '{"min_price": {"before_taxes": 10}, "max_price": {"before_taxes": 10}}',
        '["10.00", "11.90", null]', 'a limit that is just reached changes nothing'
    ),
    (
        0, '{"min_price": {"before_taxes": 1}}', '["1.00", "1.19", "min"]',
        'what cost nothing has the rate of its dearest tax'
    ),
    (
        100, '{"max_price": {"before_taxes": 40, "after_taxes": 30}}', '["30.00", "30.00", "max"]',
        'limits that cross leave no negative tax'
    ),
    (
        2, '{"min_price": {"before_taxes": 5}, "max_price": {"after_taxes": 5.5}}',
        '["5.00", "5.50", "min"]', 'a total that follows keeps to its own maximum'
    ),
    (
        20, '{"min_price": {"after_taxes": 8}, "max_price": {"before_taxes": 6}}',
        '["6.00", "8.00", "max"]', 'and to its own minimum'
    )
) as l (kwh, limits, expected, description)
cross join lateral (
    select pg_temp.price(
        pg_temp.tariff(pg_temp.energy(0.5, 19), l.limits), pg_temp.kwh(l.kwh)
    ) as result
) as r;
select is(
    pg_temp.price(
        pg_temp.tariff(pg_temp.energy(0.5, 19), '{"min_price": {"before_taxes": 3}}'),
        pg_temp.session('[["2026-03-10T10:00:00Z", {"PARKING_TIME": 1}]]')
    ) -> 'taxes',
    '[{"vat": null, "net": "3.00", "tax": "0.00", "gross": "3.00"}]',
    'a minimum is due where nothing has a price, with no tax that anybody knows'
);

-- Tax.
select is(
    pg_temp.price(
        pg_temp.tariff(
            jsonb_build_array(pg_temp.element(jsonb_build_array(
                pg_temp.component('ENERGY', 0.5, 19), pg_temp.component('TIME', 1, 7),
                pg_temp.component('FLAT', 0.01, 5)
            ))),
            jsonb_build_object('tax_included', t.tax_included)
        ),
        pg_temp.session('[["2026-03-10T10:00:00Z", {"ENERGY": 3.35, "TIME": 0.33}]]')
    ) -> 'taxes',
    t.taxes,
    t.description
)
from (
    values
    (
        'NO',
        '[
            {"vat": 5, "net": "0.01", "tax": "0.00", "gross": "0.01"},
            {"vat": 7, "net": "0.33", "tax": "0.02", "gross": "0.35"},
            {"vat": 19, "net": "1.68", "tax": "0.32", "gross": "2.00"}
        ]'::jsonb,
        'taxes by rate sum to the totals'
    ),
    (
        'YES',
        '[
            {"vat": 5, "net": "0.01", "tax": "0.00", "gross": "0.01"},
            {"vat": 7, "net": "0.31", "tax": "0.02", "gross": "0.33"},
            {"vat": 19, "net": "1.41", "tax": "0.27", "gross": "1.68"}
        ]',
        'tax within the prices is taken out of the gross sum of each rate'
    ),
    (
        'N/A',
        '[{"vat": null, "net": "2.02", "tax": "0.00", "gross": "2.02"}]',
        'where no tax applies, none is reckoned'
    )
) as t (tax_included, taxes, description);
select is(
    array[
        pg_temp.price(
            pg_temp.tariff(
                pg_temp.energy(t.price, t.vat), jsonb_build_object('tax_included', t.tax)
            ),
            pg_temp.kwh(1)
        ) #>> '{warnings,0,code}'
    ],
    array[t.code],
    t.description
)
from (
    values
    ('NO', 0.5, null::numeric, 'tax_unknown', 'a price without a rate has a warning'),
    ('NO', 0.5, 0, null, 'a rate of 0 is known'),
    ('NO', 0, null, null, 'what is free has no tax to know'),
    ('N/A', 0.5, null, null, 'where no tax applies, its rate is not missed')
) as t (tax, price, vat, code, description);

-- Dimensions and elements.
select is(
    jsonb_path_query_array(
        pg_temp.price(
            pg_temp.tariff(jsonb_build_array(
                pg_temp.element(
                    jsonb_build_array(
                        pg_temp.component('TIME', 1), pg_temp.component('FLAT', 1)
                    ),
                    '{"reservation": "RESERVATION"}'
                ),
                pg_temp.element(
                    jsonb_build_array(pg_temp.component('TIME', 9)),
                    '{"reservation": "RESERVATION_EXPIRES"}'
                )
            )),
            pg_temp.session(
                '[["2026-03-10T10:00:00Z", {"RESERVATION_TIME": 1}]]',
                jsonb_build_object('reservation_expired', e.is_expired)
            )
        ),
        '$.lines[*].cost_excl'
    ),
    e.costs,
    e.description
)
from (
    values
    (true, '["1", "9"]'::jsonb, 'the price of expiry comes first, wherever it stands'),
    (false, '["1", "1"]', 'and is not due for a reservation that was used')
) as e (is_expired, costs, description);
select is(
    jsonb_path_query_array(
        pg_temp.price(
            pg_temp.tariff(jsonb_build_array(
                pg_temp.element(
                    jsonb_build_array(pg_temp.component('FLAT', 2)), '{"min_kwh": 5}'
                ),
                pg_temp.element(jsonb_build_array(pg_temp.component('ENERGY', 0)))
            )),
            pg_temp.session(
                '[
                    ["2026-03-10T10:00:00Z", {"ENERGY": 5}],
                    ["2026-03-10T10:30:00Z", {"ENERGY": 5}],
                    ["2026-03-10T11:00:00Z", {"ENERGY": 5}]
                ]'
            )
        ),
        '$.lines[*] ? (@.bucket == "FLAT").period_index'
    ),
    '[1]',
    'a fee is due once, in the first period where it is in force'
);
select is(
    pg_temp.price(
        pg_temp.tariff(pg_temp.energy(0.5)),
        pg_temp.session(
            '[
                ["2026-03-10T10:00:00Z", {"TIME": 1}],
                ["2026-03-10T11:00:00Z", {"PARKING_TIME": 0.5}]
            ]'
        )
    ) - array['engine_version', 'warnings'],
    '{
        "currency": "EUR", "tax_included": "NO", "total_excl_vat": "0.00",
        "total_incl_vat": "0.00", "exact": {"excl_vat": "0", "incl_vat": "0"}, "lines": [],
        "taxes": [{"vat": null, "net": "0.00", "tax": "0.00", "gross": "0.00"}],
        "energy_kwh": "0", "charging_s": "3600", "parking_s": "1800", "reserved_s": "0"
    }',
    'what has no price costs nothing and is counted all the same'
);
select is(
    jsonb_path_query_array(
        pg_temp.price(
            pg_temp.tariff(jsonb_build_array(
                pg_temp.element(
                    jsonb_build_array(pg_temp.component('ENERGY', 1, null, 1000)),
                    '{"max_duration": 3600}'
                ),
                pg_temp.element(jsonb_build_array(pg_temp.component('ENERGY', 9, null, 1000)))
            )),
            pg_temp.session(
                '[
                    ["2026-03-10T10:00:00Z", {"ENERGY": 1.5}],
                    ["2026-03-10T11:00:00Z", {"ENERGY": 0}]
                ]'
            )
        ),
        '$.lines[*].billed'
    ),
    '["2", "0"]',
    'the step is not billed at the price of a period without energy'
);
select is(
    pg_temp.price(
        pg_temp.tariff(jsonb_build_array(pg_temp.element(jsonb_build_array(
            pg_temp.component('FLAT', 3), pg_temp.component('ENERGY', 0.5)
        )))),
        pg_temp.session(jsonb_build_array(jsonb_build_array(
            '2026-03-10T10:00:00Z', jsonb_build_object('RESERVATION_TIME', 0.25, 'ENERGY', c.kwh)
        )))
    ) ->> 'total_excl_vat',
    c.total,
    format('a period that was reserved and has %s kWh', c.kwh)
)
from (values (2, '4.00'), (0, '0.00')) as c (kwh, total);
-- The session's own clock, whatever the connection's is.
set local timezone = 'Asia/Tokyo';
select is(
    pg_temp.price(
        pg_temp.tariff(jsonb_build_array(
            pg_temp.element(
                jsonb_build_array(pg_temp.component('ENERGY', 1)),
                '{"start_time": "10:00", "end_time": "10:01"}'
            )
        )),
        pg_temp.session(jsonb_build_array(jsonb_build_array(t.at, '{"ENERGY": 1}'::jsonb)))
    ) ->> 'total_excl_vat',
    '1.00',
    format('%s is ten o''clock UTC', t.at)
)
from (
    values ('2026-03-10T10:00:00Z'), ('2026-03-10T10:00:00'), ('2026-03-10T12:00:00.5+02:00')
) as t (at);

select is(pricing.apportion(0.05, '{1, 1, 1}', 2), '{0.02, 0.02, 0.01}', 'cents go in order');
select is(pricing.apportion(1, '{0, 0}', 2), '{0.50, 0.50}', 'no weights at all are equal ones');
select is(pricing.engine_version(), '1', 'ratings say which rules made them');

select * from finish();
rollback;
