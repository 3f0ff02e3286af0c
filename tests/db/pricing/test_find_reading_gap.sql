-- Where readings are too far apart to say what energy cost.
begin;
select plan(10);
select tests.act_as_owner();

-- Night is cheaper, from 22:00 UTC; a session from 20:00 to 02:00.
create function pg_temp.gap(p_elements jsonb, p_readings jsonb, p_max_gap interval)
returns jsonb language plpgsql as $$
declare
    v_compiled constant jsonb := pricing.compile_tariff(jsonb_build_object(
        'id', 'X', 'currency', 'EUR', 'tax_included', 'NO', 'elements', p_elements,
        'last_updated', '2020-01-01T00:00:00Z'
    ));
    v_measured constant jsonb := jsonb_build_object(
        'time_zone', 'UTC', 'start_date_time', '2026-03-01T20:00:00Z',
        'end_date_time', '2026-03-02T02:00:00Z', 'readings', p_readings, 'states', '[]'::jsonb
    );
    v_session constant jsonb := pricing.cut_session(v_compiled, v_measured);
begin
    return pricing.find_reading_gap(
        v_compiled, v_measured, v_session, pricing.price(v_compiled, v_session), p_max_gap
    );
end;
$$;
create temp table given (name text primary key, value jsonb);
insert into given values
(
    'night',
    '[{"price_components": [{"type": "ENERGY", "price": 0.3, "vat": 19, "step_size": 1}],
       "restrictions": {"start_time": "22:00", "end_time": "06:00"}},
      {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1}]}]'
),
(
    'free at night',
    '[{"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1}],
       "restrictions": {"start_time": "06:00", "end_time": "22:00"}}]'
),
(
    'parking at night',
    '[{"price_components": [{"type": "TIME", "price": 1, "vat": 19, "step_size": 1}],
       "restrictions": {"start_time": "22:00", "end_time": "06:00"}},
      {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1}]}]'
),
(
    'much',
    '[{"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1}],
       "restrictions": {"max_kwh": 10}},
      {"price_components": [{"type": "ENERGY", "price": 0.8, "vat": 19, "step_size": 1}]}]'
),
(
    'fast',
    '[{"price_components": [{"type": "ENERGY", "price": 0.8, "vat": 19, "step_size": 1}],
       "restrictions": {"min_power": 20}},
      {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1}]}]'
),
(
    'begin and end',
    '[{"at": "2026-03-01T20:00:00Z", "energy_wh": 0},
      {"at": "2026-03-02T02:00:00Z", "energy_wh": 30000}]'
),
(
    'around ten',
    '[{"at": "2026-03-01T20:00:00Z", "energy_wh": 0},
      {"at": "2026-03-01T21:40:00Z", "energy_wh": 10000},
      {"at": "2026-03-01T22:20:00Z", "energy_wh": 12000},
      {"at": "2026-03-02T02:00:00Z", "energy_wh": 30000}]'
),
(
    'full before ten',
    '[{"at": "2026-03-01T20:00:00Z", "energy_wh": 0},
      {"at": "2026-03-01T21:40:00Z", "energy_wh": 30000},
      {"at": "2026-03-02T02:00:00Z", "energy_wh": 30000}]'
);
create function pg_temp.gap_of(
    p_elements text,
    p_readings text,
    p_max_gap interval default '1 hour'
)
returns jsonb language sql as $$
    select pg_temp.gap(
        (select g.value from given as g where g.name = p_elements),
        (select g.value from given as g where g.name = p_readings),
        p_max_gap
    );
$$;

select is(
    pg_temp.gap_of('night', 'begin and end') - '{from,to}'::text[],
    '{"reason": "readings_missing", "energy_wh": 30000}',
    'a change of price between two readings far apart'
);
select is(
    (pg_temp.gap_of('night', 'begin and end') ->> 'to')::timestamptz,
    '2026-03-02T02:00:00Z'::timestamptz, 'and when they are'
);
select is(pg_temp.gap_of('night', 'begin and end', '6 hours'), null, 'if that is far');
select is(
    pg_temp.gap_of('night', 'around ten'), null, 'readings near the change make it fair'
);
select is(
    pg_temp.gap_of('night', 'full before ten'), null, 'where nothing flowed nothing is guessed'
);
select isnt(
    pg_temp.gap_of('free at night', 'begin and end'), null, 'energy without a price is a rate, too'
);
select is(
    pg_temp.gap_of('parking at night', 'begin and end'), null,
    'a change of another price asks for no reading'
);
select is(
    pg_temp.gap_of('much', 'begin and end'), null, 'nor does one at an amount of energy'
);
select isnt(
    pg_temp.gap_of('fast', 'begin and end'), null,
    'power that is only known over hours says nothing'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select pricing.find_reading_gap(null, null, null, null, null) $$, '42501', null,
    'private'
);
select * from finish();
rollback;
