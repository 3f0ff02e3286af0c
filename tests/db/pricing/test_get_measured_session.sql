-- What was measured of a session, from its row, its readings and its states.
begin;
select plan(17);
select tests.act_as_owner();

-- Session 1001, an hour from 1000 to 11000 Wh, with readings of its own.
create temporary table started as
select date_trunc('minute', now()) - interval '2 hours' as at;
update core.sessions as s
set started_at = b.at, ended_at = b.at + interval '1 hour'
from pg_temp.started as b
where s.id in (1001, 2001);
delete from core.meter_values as m where m.session_id in (1001, 2001);
create function pg_temp.read_meter(
    p_minute numeric, p_energy_wh numeric, p_more jsonb default '{}'
) returns void language sql as $$
    insert into core.meter_values
    select (jsonb_populate_record(
        null::core.meter_values,
        jsonb_build_object(
            'tenant_id', 101, 'charge_point_id', 1001, 'evse_no', 1, 'session_id', 1001,
            'sampled_at', b.at + p_minute * interval '1 minute', 'received_at', now(),
            'energy_wh', p_energy_wh, 'payload_hash', (random() * 1e15)::bigint
        ) || p_more
    )).*
    from pg_temp.started as b;
$$;
create function pg_temp.note_state(p_minute numeric, p_state text, p_event text default null)
returns void language sql as $$
    insert into core.session_events (
        tenant_id, session_id, event, from_state, to_state, happened_at, details
    )
    select
        101, 1001, coalesce(p_event, 'charging_state_changed'), 'active', 'active',
        b.at + p_minute * interval '1 minute', jsonb_build_object('charging_state', p_state)
    from pg_temp.started as b;
$$;
create function pg_temp.measure(
    p_fields jsonb default '{}', p_until_minute numeric default null
) returns jsonb language sql as $$
    select pricing.get_measured_session(
        jsonb_populate_record(s, p_fields), 'Europe/Berlin',
        b.at + p_until_minute * interval '1 minute'
    )
    from core.sessions as s
    cross join pg_temp.started as b
    where s.id = 1001;
$$;
-- Minutes since the start and registers, in their order.
create function pg_temp.readings(
    p_fields jsonb default '{}', p_until_minute numeric default null
) returns text language sql as $$
    select string_agg(
        trim_scale(round(extract(epoch from (r.reading ->> 'at')::timestamptz - b.at) / 60, 3))
        || ':' || (r.reading ->> 'energy_wh') || coalesce('/' || (r.reading ->> 'current_a'), ''),
        ' ' order by r.no
    )
    from pg_temp.started as b
    cross join lateral jsonb_array_elements(
        pg_temp.measure(p_fields, p_until_minute) -> 'readings'
    ) with ordinality as r (reading, no);
$$;

select is(
    pg_temp.readings(), '0:1000 60:11000', 'without readings between, those of start and stop'
);

select pg_temp.read_meter(0, 999), pg_temp.read_meter(60, 11000), pg_temp.read_meter(61, 11000);
select
    pg_temp.read_meter(10, 2000, '{"current_a": 16.1}'),
    pg_temp.read_meter(15, 1999.5),
    pg_temp.read_meter(20, null),
    pg_temp.read_meter(25, 900),
    pg_temp.read_meter(30, 4000, '{"current_l1_a": 10, "current_l3_a": 6.4, "current_a": 99}'),
    pg_temp.read_meter(35, 5000, '{"flags": ["connector_mismatch"]}'),
    pg_temp.read_meter(40, 11001),
    pg_temp.read_meter(45, 4000, '{"flags": ["unit_kwh"]}'),
    pg_temp.read_meter(50, 6000),
    pg_temp.read_meter(50, 6000.5),
    pg_temp.read_meter(55, 7000, '{"session_id": 1002}'),
    pg_temp.read_meter(56, 7000, '{"tenant_id": 102, "charge_point_id": 2001}');
select is(
    pg_temp.readings(),
    '0:1000 10:2000/16.1 30:4000/16.4 45:4000 50:6000.5 60:11000',
    'readings of the session between start and stop that do not fall'
);
select is(
    pg_temp.readings('{"meter_stop_wh": 11001, "energy_wh": 10001}'),
    '0:1000 10:2000/16.1 30:4000/16.4 40:11001 60:11001',
    'a reading as high as the stop is no mistake that could be told'
);
select is(
    pg_temp.readings(jsonb_build_object(
        'started_at', (select b.at + interval '12 min' from pg_temp.started as b),
        'meter_start_wh', 3000, 'energy_wh', 8000
    )),
    '12:3000 30:4000/16.4 45:4000 50:6000.5 60:11000',
    'what is laid over the row counts: other times, other registers'
);
select is(
    pg_temp.readings('{"meter_stop_wh": null, "energy_wh": 5500}'),
    '0:1000 10:2000/16.1 30:4000/16.4 45:4000 50:6000.5 60:6500',
    'a stop that is missing follows from the energy'
);
select is(
    pg_temp.readings('{"meter_stop_wh": 12, "energy_wh": 5500}'),
    '0:1000 10:2000/16.1 30:4000/16.4 45:4000 50:6000.5 60:6500',
    'and so does one that contradicts the start'
);
select is(
    pg_temp.readings('{"meter_start_wh": null, "energy_wh": 9000}'),
    '0:2000 10:2000/16.1 30:4000/16.4 45:4000 50:6000.5 60:11000',
    'a start that is missing follows from the energy, too'
);
select is(pg_temp.measure('{"energy_wh": null}') -> 'readings', '[]', 'no energy, no readings');
select is(
    pg_temp.readings('{"ended_at": null, "state": "active", "meter_stop_wh": null}', 52),
    '0:1000 10:2000/16.1 30:4000/16.4 40:11001',
    'of a session that runs, the newest reading is the last, however high'
);
select is(
    pg_temp.readings('{}', 30),
    '0:1000 10:2000/16.1 30:4000/16.4',
    'of one that is over as of then, too'
);
select is(
    pg_temp.readings(jsonb_build_object(
        'ended_at', (select b.at - interval '1 min' from pg_temp.started as b)
    )),
    '0:1000 0:11000', 'one that ended before it began has its energy at once'
);
select is(
    pg_temp.measure('{"ended_at": null, "meter_start_wh": null, "energy_wh": null}', 30)
    -> 'readings',
    '[]', 'a session that runs without a register at its start has none'
);
select is(
    pg_temp.measure(jsonb_build_object(
        'ended_at', null,
        'last_reading_at', (select b.at + interval '45 min' from pg_temp.started as b)
    )) -> 'end_date_time',
    (select to_jsonb(b.at + interval '45 min') from pg_temp.started as b),
    'a session that runs ends at its newest reading'
);

select
    pg_temp.note_state(40, 'SuspendedEV'), pg_temp.note_state(-1, 'SuspendedEVSE'),
    pg_temp.note_state(20, 'Charging'), pg_temp.note_state(60, 'Charging'),
    pg_temp.note_state(20, 'SuspendedEVSE'), pg_temp.note_state(30, 'Idle', 'stop_repeated');
update core.reservations as r
set created_at = b.at - interval '10 min', expires_at = b.at + interval '20 min',
    session_id = r.id
from pg_temp.started as b
where r.id in (1001, 2001);
select is(
    pg_temp.measure() - 'readings',
    (
        select jsonb_build_object(
            'time_zone', 'Europe/Berlin',
            'start_date_time', b.at,
            'end_date_time', b.at + interval '1 hour',
            'states', (
                select jsonb_agg(
                    jsonb_build_object(
                        'at', b.at + v.minute * interval '1 min', 'charging_state', v.state
                    )
                    order by v.no
                )
                from (
                    values
                    (1, -1, 'SuspendedEVSE'), (2, 20, 'Charging'), (3, 20, 'SuspendedEVSE'),
                    (4, 40, 'SuspendedEV')
                ) as v (no, minute, state)
            ),
            'reservation', jsonb_build_object(
                'start_date_time', b.at - interval '10 min', 'expires_at', b.at + interval '20 min'
            )
        )
        from pg_temp.started as b
    ),
    'states until its end in the order of their times, and the reservation that it used'
);
select is(
    (
        select
            pricing.get_measured_session(s, 'Europe/Amsterdam')
            - 'start_date_time' - 'end_date_time'
        from core.sessions as s
        where s.id = 2001
    ) #- '{readings,0,at}' #- '{readings,1,at}',
    (
        select jsonb_build_object(
            'time_zone', 'Europe/Amsterdam', 'states', '[]'::jsonb,
            'readings', '[{"energy_wh": 1000}, {"energy_wh": 11000}]'::jsonb,
            'reservation', jsonb_build_object(
                'start_date_time', b.at - interval '10 min', 'expires_at', b.at + interval '20 min'
            )
        )
        from pg_temp.started as b
    ),
    'the session of the other tenant has nothing of this one'
);
select is(
    (
        select string_agg(p.period ->> 'start_date_time', ' ')
        from jsonb_array_elements(pricing.cut_session(
            '{"tariffs": [{"elements": [{"price_components": [{"type": "ENERGY"}]}]}]}',
            pg_temp.measure()
        ) -> 'charging_periods') as p (period)
    ),
    (
        select concat_ws(
            ' ', pricing.format_moment(b.at - interval '10 min'), pricing.format_moment(b.at),
            pricing.format_moment(b.at + interval '40 min')
        )
        from pg_temp.started as b
    ),
    'it is in the form that is cut'
);

select tests.reset();
select tests.act_as('bluecharge.operator');
select throws_ok(
    $$ select pricing.get_measured_session(null, 'UTC') $$,
    '42501', null, 'nobody but the owner measures'
);
select * from finish();
rollback;
