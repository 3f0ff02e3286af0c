-- When the clock changes a price.
begin;
select plan(4);
select tests.act_as_owner();
create function pg_temp.changes(p_elements text, p_zone text, p_from timestamptz, p_to timestamptz)
returns setof text language sql as $$
    select pricing.format_moment(c)
    from pricing.list_price_changes(
        jsonb_build_object('tariffs', jsonb_build_array(
            jsonb_build_object('elements', p_elements::jsonb)
        )),
        p_zone, p_from, p_to
    ) as c
$$;

select results_eq(
    $$ select pg_temp.changes(
        '[
            {"restrictions": {"start_time": "22:00", "end_time": "06:00"}},
            {"restrictions": {"start_time": "12:00"}},
            {"restrictions": {"max_kwh": 5}},
            {"restrictions": null},
            {}
        ]',
        'Europe/Berlin', '2026-03-28T21:00:00Z', '2026-03-29T20:00:00Z'
    ) $$,
    $$ values
        ('2026-03-28T23:00:00Z'), ('2026-03-29T04:00:00Z'), ('2026-03-29T10:00:00Z') $$,
    'strictly within, in order, each once, and from the clock alone'
);
select results_eq(
    $$ select pg_temp.changes(
        '[{"restrictions": {"day_of_week": ["MONDAY", "SUNDAY"], "start_date": "2026-10-19", "end_date": "2026-10-26"}}]',
        'Europe/Berlin', '2026-10-15T00:00:00Z', '2026-10-30T00:00:00Z'
    ) $$,
    $$ values
        ('2026-10-18T22:00:00Z'), ('2026-10-19T22:00:00Z'),
        ('2026-10-24T22:00:00Z'), ('2026-10-25T23:00:00Z') $$,
    'weekdays and dates are those of the place: one of them has 25 hours'
);
select is_empty(
    $$ select pg_temp.changes(
        '[{"restrictions": {"start_time": "02:00", "end_time": "02:30"}}]',
        'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-29T20:00:00Z'
    ) $$,
    'a window in the hour that summer time takes never comes'
);

select tests.reset();
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select pricing.list_price_changes('{}', 'UTC', now(), now()) $$,
    '42501', null, 'nobody but the owner asks'
);
select * from finish();
rollback;
