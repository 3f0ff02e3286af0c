-- Charging periods, cut at every change of price and of state.
begin;
select plan(23);
select tests.act_as_owner();

-- One line a period: when it begins, what was measured, and ~ where energy is interpolated.
create function pg_temp.cut(p_elements text, p_measured text) returns setof text language sql as $$
    select
        (p.period ->> 'start_date_time')
        || string_agg(
            ' ' || (d.dimension ->> 'type') || ' '
            || coalesce(d.dimension ->> 'seconds', d.dimension ->> 'volume'),
            '' order by d.no
        )
        || case when p.period -> 'is_interpolated' = 'true' then ' ~' else '' end
    from jsonb_array_elements(
        pricing.cut_session(
            jsonb_build_object('tariffs', jsonb_build_array(jsonb_build_object(
                'elements', p_elements::jsonb
            ))),
            p_measured::jsonb
        ) -> 'charging_periods'
    ) with ordinality as p (period, no)
    cross join lateral jsonb_array_elements(p.period -> 'dimensions')
        with ordinality as d (dimension, no)
    group by p.no, p.period
    order by p.no
$$;
-- An even flow of energy from 1000 Wh on.
create function pg_temp.measured(
    p_zone text, p_from text, p_to text, p_energy_wh numeric, p_more jsonb default '{}'
) returns text language sql as $$
    select (
        jsonb_build_object(
            'time_zone', p_zone, 'start_date_time', p_from, 'end_date_time', p_to,
            'readings', jsonb_build_array(
                jsonb_build_object('at', p_from, 'energy_wh', 1000),
                jsonb_build_object('at', p_to, 'energy_wh', 1000 + p_energy_wh)
            )
        ) || p_more
    )::text
$$;

select results_eq(
    $$ select pg_temp.cut(
        '[{"price_components": [{"type": "ENERGY"}, {"type": "TIME"}]}]',
        pg_temp.measured('UTC', '2026-03-10T10:00:00Z', '2026-03-10T12:00:00Z', 3000)
    ) $$,
    $$ values ('2026-03-10T10:00:00Z ENERGY 3 TIME 7200') $$,
    'a price that never changes is one period'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"start_time": "22:00", "end_time": "06:00"}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('Europe/Berlin', '2026-03-10T20:30:00Z', '2026-03-11T05:30:00Z', 9000)
    ) $$,
    $$ values
        ('2026-03-10T20:30:00Z ENERGY 0.5 TIME 1800 ~'),
        ('2026-03-10T21:00:00Z ENERGY 8 TIME 28800 ~'),
        ('2026-03-11T05:00:00Z ENERGY 0.5 TIME 1800 ~') $$,
    'a window over midnight is one period, on the clock of the site'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}],
             "restrictions": {"start_time": "22:00", "end_time": "06:00", "day_of_week": ["SATURDAY"]}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('Europe/Berlin', '2026-03-13T23:00:00Z', '2026-03-15T01:00:00Z', 26000)
    ) $$,
    $$ values
        ('2026-03-13T23:00:00Z ENERGY 6 TIME 21600 ~'),
        ('2026-03-14T05:00:00Z ENERGY 16 TIME 57600 ~'),
        ('2026-03-14T21:00:00Z ENERGY 2 TIME 7200 ~'),
        ('2026-03-14T23:00:00Z ENERGY 2 TIME 7200 ~') $$,
    'of a window over midnight, the weekday is that of each piece'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"start_time": "02:00", "end_time": "04:00"}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29T02:30:00Z', 4000)
    ) $$,
    $$ values
        ('2026-03-29T00:30:00Z ENERGY 1 TIME 1800 ~'),
        ('2026-03-29T01:00:00Z ENERGY 2 TIME 3600 ~'),
        ('2026-03-29T02:00:00Z ENERGY 1 TIME 1800 ~') $$,
    'a window loses the hour that summer time takes'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"start_time": "02:30", "end_time": "03:00"}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('Europe/Berlin', '2026-10-25T00:00:00Z', '2026-10-25T02:30:00Z', 5000)
    ) $$,
    $$ values
        ('2026-10-25T00:00:00Z ENERGY 1 TIME 1800 ~'),
        ('2026-10-25T00:30:00Z ENERGY 1 TIME 1800 ~'),
        ('2026-10-25T01:00:00Z ENERGY 1 TIME 1800 ~'),
        ('2026-10-25T01:30:00Z ENERGY 1 TIME 1800 ~'),
        ('2026-10-25T02:00:00Z ENERGY 1 TIME 1800 ~') $$,
    'a window in the hour that comes twice holds twice'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"start_date": "2026-12-24", "end_date": "2026-12-27"}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('America/St_Johns', '2026-12-27T02:30:00Z', '2026-12-27T04:30:00Z', 2000)
    ) $$,
    $$ values
        ('2026-12-27T02:30:00Z ENERGY 1 TIME 3600 ~'), ('2026-12-27T03:30:00Z ENERGY 1 TIME 3600 ~') $$,
    'dates end at midnight in a zone of half an hour'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"start_time": "08:00", "end_time": "08:00"}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('UTC', '2026-03-10T07:00:00Z', '2026-03-10T09:00:00Z', 2000)
    ) $$,
    $$ values ('2026-03-10T07:00:00Z ENERGY 2 TIME 7200') $$,
    'equal times are the whole day'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"max_kwh": 10}},
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"min_kwh": 10}}
        ]',
        '{
            "time_zone": "UTC", "start_date_time": "2026-03-10T10:00:00Z", "end_date_time": "2026-03-10T12:00:00Z",
            "readings": [
                {"at": "2026-03-10T10:00:00Z", "energy_wh": 500},
                {"at": "2026-03-10T11:00:00Z", "energy_wh": 9500},
                {"at": "2026-03-10T11:03:00Z", "energy_wh": 12500},
                {"at": "2026-03-10T12:00:00Z", "energy_wh": 12500}
            ]
        }'
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 10 TIME 3660 ~'), ('2026-03-10T11:01:00Z ENERGY 2 TIME 3540 ~') $$,
    'a limit of energy cuts where it is reached between two readings'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"max_kwh": 1}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('UTC', '2026-03-10T10:00:00Z', '2026-03-10T10:00:07Z', 3000)
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 1 TIME 2.333334 ~'),
        ('2026-03-10T10:00:02.333334Z ENERGY 2 TIME 4.666666 ~') $$,
    'to the microsecond, never before'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"max_kwh": 1}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('UTC', '2026-03-10T10:00:00Z', '2026-03-10T11:00:00Z', 1000)
    ) $$,
    $$ values ('2026-03-10T10:00:00Z ENERGY 1 TIME 3600') $$,
    'a limit that is reached at the end cuts nothing'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "TIME"}], "restrictions": {"max_duration": 1800}},
            {"price_components": [{"type": "TIME"}], "restrictions": {"min_duration": 3600}}
        ]',
        pg_temp.measured('UTC', '2026-03-10T10:00:00Z', '2026-03-10T12:00:00Z', 0)
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 0 TIME 1800'),
        ('2026-03-10T10:30:00Z ENERGY 0 TIME 1800'),
        ('2026-03-10T11:00:00Z ENERGY 0 TIME 3600') $$,
    'durations count from the start, and where nothing flows nothing is interpolated'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"max_power": 16}},
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"max_power": 32}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        '{
            "time_zone": "UTC", "start_date_time": "2026-03-10T10:00:00Z", "end_date_time": "2026-03-10T10:50:00Z",
            "readings": [
                {"at": "2026-03-10T10:00:00Z", "energy_wh": 0},
                {"at": "2026-03-10T10:10:00Z", "energy_wh": 1000},
                {"at": "2026-03-10T10:20:00Z", "energy_wh": 3000},
                {"at": "2026-03-10T10:30:00Z", "energy_wh": 11000},
                {"at": "2026-03-10T10:40:00Z", "energy_wh": 11000},
                {"at": "2026-03-10T10:50:00Z", "energy_wh": 13666.667}
            ]
        }'
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 3 TIME 1200 MIN_POWER 6 MAX_POWER 12'),
        ('2026-03-10T10:20:00Z ENERGY 8 TIME 600 MIN_POWER 48 MAX_POWER 48'),
        ('2026-03-10T10:30:00Z ENERGY 0 TIME 600 MIN_POWER 0 MAX_POWER 0'),
        ('2026-03-10T10:40:00Z ENERGY 2.666667 TIME 600 MIN_POWER 16.000002 MAX_POWER 16.000002') $$,
    'power is what flowed between two readings; a period tells the lowest and the highest'
);
select results_eq(
    $$ select pg_temp.cut(
        '[{"price_components": [{"type": "ENERGY"}], "restrictions": {"min_current": 16}}, {"price_components": [{"type": "ENERGY"}]}]',
        '{
            "time_zone": "UTC", "start_date_time": "2026-03-10T10:00:00Z", "end_date_time": "2026-03-10T10:50:00Z",
            "readings": [
                {"at": "2026-03-10T10:00:00Z", "energy_wh": 0},
                {"at": "2026-03-10T10:10:00Z", "energy_wh": 1000},
                {"at": "2026-03-10T10:20:00Z", "energy_wh": 2000, "current_a": 16},
                {"at": "2026-03-10T10:30:00Z", "energy_wh": 3000},
                {"at": "2026-03-10T10:40:00Z", "energy_wh": 4000},
                {"at": "2026-03-10T10:50:00Z", "energy_wh": 5000, "current_a": 6.5}
            ]
        }'
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 1 TIME 600'),
        ('2026-03-10T10:10:00Z ENERGY 2 TIME 1200 MIN_CURRENT 16 MAX_CURRENT 16'),
        ('2026-03-10T10:30:00Z ENERGY 2 TIME 1200') $$,
    'a current holds for the intervals that its reading ends and begins; unknown matches nothing'
);
select results_eq(
    $$ select pg_temp.cut(
        '[{"price_components": [{"type": "ENERGY"}]}]',
        pg_temp.measured('UTC', '2026-03-10T10:00:00Z', '2026-03-10T12:00:00Z', 1200, '{"states": [
            {"at": "2026-03-10T09:00:00Z", "charging_state": "EVConnected"},
            {"at": "2026-03-10T10:10:00Z", "charging_state": "Charging"},
            {"at": "2026-03-10T10:20:00Z", "charging_state": "SuspendedEVSE"},
            {"at": "2026-03-10T10:30:00Z", "charging_state": "SuspendedEV"},
            {"at": "2026-03-10T10:40:00Z", "charging_state": "Idle"},
            {"at": "2026-03-10T11:50:00Z", "charging_state": "Charging"},
            {"at": "2026-03-10T12:00:00Z", "charging_state": "SuspendedEV"}
        ]}')
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 0.1 PARKING_TIME 600 ~'),
        ('2026-03-10T10:10:00Z ENERGY 0.2 TIME 1200 ~'),
        ('2026-03-10T10:30:00Z ENERGY 0.8 PARKING_TIME 4800 ~'),
        ('2026-03-10T11:50:00Z ENERGY 0.1 TIME 600 ~') $$,
    'SuspendedEV, EVConnected and Idle are parking; SuspendedEVSE is not'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "PARKING_TIME"}], "restrictions": {"start_time": "08:00", "end_time": "11:15"}},
            {"price_components": [{"type": "FLAT"}], "restrictions": {"start_time": "10:30"}},
            {"price_components": [{"type": "FLAT"}], "restrictions": {"start_time": "10:45"}}
        ]',
        pg_temp.measured('UTC', '2026-03-10T10:00:00Z', '2026-03-10T12:00:00Z', 0, '{"states": [
            {"at": "2026-03-10T11:00:00Z", "charging_state": "SuspendedEV"}
        ]}')
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 0 TIME 1800'),
        ('2026-03-10T10:30:00Z ENERGY 0 TIME 1800'),
        ('2026-03-10T11:00:00Z ENERGY 0 PARKING_TIME 900'),
        ('2026-03-10T11:15:00Z ENERGY 0 PARKING_TIME 2700') $$,
    'a price cuts only what it prices, and a FLAT only where it is first due'
);
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "TIME"}], "restrictions": {"reservation": "RESERVATION", "max_duration": 600}},
            {"price_components": [{"type": "TIME"}], "restrictions": {"reservation": "RESERVATION_EXPIRES", "max_duration": 300}},
            {"price_components": [{"type": "ENERGY"}], "restrictions": {"max_duration": 1200}},
            {"price_components": [{"type": "ENERGY"}]}
        ]',
        pg_temp.measured('UTC', '2026-03-10T10:00:00Z', '2026-03-10T11:00:00Z', 3000, '{"reservation": {
            "start_date_time": "2026-03-10T09:45:00Z", "expires_at": "2026-03-10T10:15:00Z"
        }}')
    ) $$,
    $$ values
        ('2026-03-10T09:45:00Z RESERVATION_TIME 600'),
        ('2026-03-10T09:55:00Z RESERVATION_TIME 300'),
        ('2026-03-10T10:00:00Z ENERGY 1 TIME 1200 ~'),
        ('2026-03-10T10:20:00Z ENERGY 2 TIME 2400 ~') $$,
    'a reservation ends where the session begins, and each counts its own duration'
);
select is(
    pricing.cut_session(
        '{"tariffs": [{"elements": [
            {"price_components": [{"type": "TIME"}], "restrictions": {"reservation": "RESERVATION", "min_kwh": 1}},
            {"price_components": [{"type": "TIME"}], "restrictions": {"reservation": "RESERVATION"}},
            {"price_components": [{"type": "TIME"}], "restrictions": {"reservation": "RESERVATION_EXPIRES", "min_duration": 300}}
        ]}]}',
        '{
            "time_zone": "UTC", "reservation_expired": true,
            "reservation": {"start_date_time": "2026-03-10T09:45:00Z", "expires_at": "2026-03-10T10:15:00Z"}
        }'
    ),
    '{
        "time_zone": "UTC", "start_date_time": "2026-03-10T09:45:00Z", "end_date_time": "2026-03-10T10:15:00Z",
        "reservation_expired": true,
        "charging_periods": [
            {"start_date_time": "2026-03-10T09:45:00Z",
             "dimensions": [{"type": "RESERVATION_TIME", "volume": 0.0833, "seconds": 300}]},
            {"start_date_time": "2026-03-10T09:50:00Z",
             "dimensions": [{"type": "RESERVATION_TIME", "volume": 0.4167, "seconds": 1500}]}
        ]
    }',
    'a reservation that nobody used is all there is, and its expiry has a price of its own'
);
select results_eq(
    $$ select pg_temp.cut(
        '[{"price_components": [{"type": "TIME"}], "restrictions": {"max_kwh": 1}}, {"price_components": [{"type": "TIME"}], "restrictions": {"max_power": 50}}]',
        '{"time_zone": "UTC", "start_date_time": "2026-03-10T10:00:00.5Z", "end_date_time": "2026-03-10T11:00:00.25Z",
          "readings": [], "states": [{"at": "2026-03-10T10:30:00Z", "charging_state": "SuspendedEV"}]}'
    ) $$,
    $$ values
        ('2026-03-10T10:00:00.5Z TIME 1799.5'), ('2026-03-10T10:30:00Z PARKING_TIME 1800.25') $$,
    'without readings there is no energy; times have the decimals that they need'
);
select results_eq(
    $$ select pg_temp.cut(
        '[{"price_components": [{"type": "ENERGY"}], "restrictions": {"max_kwh": 1}}, {"price_components": [{"type": "ENERGY"}]}]',
        pg_temp.measured('UTC', '2026-03-10T10:00:00Z', '2026-03-10T10:00:00Z', 2500)
    ) $$,
    $$ values ('2026-03-10T10:00:00Z ENERGY 2.5 TIME 0') $$,
    'a session that began and ended at once is one period'
);
select results_eq(
    $$ select pg_temp.cut(
        '[{"price_components": [{"type": "ENERGY"}], "restrictions": {"max_power": 5}}, {"price_components": [{"type": "ENERGY"}]}]',
        '{
            "time_zone": "UTC", "start_date_time": "2026-03-10T10:00:00Z", "end_date_time": "2026-03-10T12:00:00Z",
            "readings": [
                {"at": "2026-03-10T10:00:00Z", "energy_wh": 0}, {"at": "2026-03-10T11:00:00Z", "energy_wh": 3000}
            ]
        }'
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 3 TIME 3600 MIN_POWER 3 MAX_POWER 3'),
        ('2026-03-10T11:00:00Z ENERGY 0 TIME 3600') $$,
    'after the last reading of a running session nothing is known to flow'
);
-- What ends the period of the fee before its current does leaves nothing to cut there.
select results_eq(
    $$ select pg_temp.cut(
        '[
            {"price_components": [{"type": "TIME"}, {"type": "FLAT"}],
             "restrictions": {"min_duration": 60}},
            {"price_components": [{"type": "TIME"}, {"type": "FLAT"}],
             "restrictions": {"min_current": 6}}
        ]',
        '{
            "time_zone": "UTC", "start_date_time": "2026-03-10T10:00:00Z",
            "end_date_time": "2026-03-10T11:00:00Z", "states": [],
            "readings": [
                {"at": "2026-03-10T10:00:00Z", "energy_wh": 0},
                {"at": "2026-03-10T10:00:30Z", "energy_wh": 0, "current_a": 0},
                {"at": "2026-03-10T10:01:30Z", "energy_wh": 0, "current_a": 6},
                {"at": "2026-03-10T11:00:00Z", "energy_wh": 0, "current_a": 0}
            ]
        }'
    ) $$,
    $$ values
        ('2026-03-10T10:00:00Z ENERGY 0 TIME 30 MIN_CURRENT 0 MAX_CURRENT 0'),
        ('2026-03-10T10:00:30Z ENERGY 0 TIME 30 MIN_CURRENT 6 MAX_CURRENT 6'),
        ('2026-03-10T10:01:00Z ENERGY 0 TIME 3540 MIN_CURRENT 0 MAX_CURRENT 6') $$,
    'a fee cuts where its current ends, unless its period is over'
);
select is(
    pricing.cut_session(
        '{"tariffs": [{"elements": [{"price_components": [{"type": "ENERGY"}]}]}]}',
        '{
            "time_zone": "UTC", "start_date_time": "2026-03-10T10:00:00", "end_date_time": "2026-03-10T12:00:00+01:00",
            "readings": [
                {"at": "2026-03-10T10:00:00Z", "energy_wh": 0}, {"at": "2026-03-10T11:00:00Z", "energy_wh": 3000.0}
            ]
        }'
    ),
    '{
        "time_zone": "UTC", "start_date_time": "2026-03-10T10:00:00Z", "end_date_time": "2026-03-10T11:00:00Z",
        "reservation_expired": false,
        "charging_periods": [{
            "start_date_time": "2026-03-10T10:00:00Z",
            "dimensions": [
                {"type": "ENERGY", "volume": 3}, {"type": "TIME", "volume": 1, "seconds": 3600}
            ]
        }]
    }',
    'the session is in the form that is priced'
);

select tests.reset();
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select pricing.cut_session('{}', '{}') $$, '42501', null, 'nobody but the owner cuts'
);
select * from finish();
rollback;
