-- What speaks against billing a session, and the energy that is left.
begin;
select plan(6);
select tests.act_as_owner();

-- On connector 1001 an earlier session took the register from 1000 to 11000; 22 kW; now an hour.
create function pg_temp.settle(p_fields jsonb) returns core.sessions language sql as $$
    select charging.settle_session(jsonb_populate_record(
        null::core.sessions,
        jsonb_build_object(
            'tenant_id', 101, 'id', 5, 'charge_point_id', 1001, 'connector_id', 1001,
            'start_key', 'k', 'state', 'ended', 'started_at', now() - interval '1 hour',
            'ended_at', now(), 'meter_start_wh', 11000, 'meter_stop_wh', 31000, 'flags', '{}'::text[]
        ) || p_fields
    ));
$$;
create temporary table cases (no integer, fields jsonb, energy_wh numeric, reasons text[], flags text[]);
insert into pg_temp.cases values
    (1, '{}', 20000, '{}', '{}'),
    (2, '{"meter_stop_wh": 35200}', 24200, '{}', '{}'),
    (3, '{"meter_stop_wh": 35201}', 24201, '{impossible_power}', '{}'),
    (4, '{"start_key": null}', 20000, '{unknown_start}', '{}'),
    (5, '{"state": "presumed_ended", "meter_stop_wh": null}', null, '{presumed_end}', '{}'),
    (6, '{"state": "presumed_ended", "meter_stop_wh": null, "last_meter_wh": 21000, "last_reading_at": "2026-01-01"}',
        10000, '{presumed_end}', '{energy_from_last_reading}'),
    (7, '{"meter_start_wh": null}', null, '{meter_start_missing}', '{}'),
    (8, '{"meter_stop_wh": null}', null, '{meter_stop_missing}', '{}'),
    (9, '{"meter_stop_wh": 10999}', null, '{stop_below_start}', '{}'),
    (10, '{"meter_stop_wh": 31, "last_meter_wh": 31000, "last_reading_at": "2026-01-01"}', null,
        '{unit_conflict,stop_below_start}', '{}'),
    (11, '{"meter_stop_wh": 31}', null, '{stop_below_start}', '{}'),
    (12, '{"meter_stop_wh": 13}', null, '{unit_conflict,stop_below_start}', '{}'),
    (13, '{"meter_start_wh": 0, "meter_stop_wh": 31000000}', 31000000, '{zero_begin,impossible_power}', '{}'),
    (14, '{"meter_start_wh": 0, "meter_stop_wh": 3000}', 3000, '{}', '{register_restarted}'),
    (15, '{"meter_start_wh": 500, "meter_stop_wh": 3000}', 2500, '{}', '{register_restarted}'),
    (16, '{"meter_start_wh": 10995}', 20005, '{}', '{}'),
    (17, '{"meter_stop_wh": 200, "last_meter_wh": 100, "last_reading_at": "2026-01-01"}', null,
        '{register_reset,stop_below_start}', '{}'),
    (18, '{"ended_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:01:00Z", "meter_stop_wh": 11100, "connector_id": null}',
        100, '{negative_duration}', '{}'),
    (19, '{"flags": ["stop_time_ahead"]}', 20000, '{time_in_future}', '{stop_time_ahead}'),
    (20, '{"flags": ["stop_clock_off_whole_hours"]}', 20000, '{}', '{stop_clock_off_whole_hours}'),
    (21, '{"connector_id": null, "charge_point_id": 1002}', 20000, '{impossible_power}', '{}'),
    (22, '{"connector_id": null, "charge_point_id": 999, "meter_stop_wh": 1110000}', 1099000, '{}', '{}'),
    (23, '{"connector_id": null, "charge_point_id": 999, "meter_stop_wh": 1112000}', 1101000, '{impossible_power}', '{}'),
    (24, '{"last_meter_wh": 12000, "last_reading_at": "2026-01-01", "meter_stop_wh": null}', 1000,
        '{meter_stop_missing}', '{energy_from_last_reading}'),
    (25, '{"meter_start_wh": 1000, "meter_stop_wh": 12000}', 11000, '{}', '{register_restarted}'),
    (26, '{"meter_start_wh": 5000, "meter_stop_wh": 13000}', 8000, '{register_overlap}', '{}'),
    (27, '{"meter_start_wh": 0, "meter_stop_wh": 12000, "flags": ["register_restarted"]}', 12000,
        '{zero_begin}', '{}'),
    (28, '{"started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-08T00:00:00Z", "connector_id": null}',
        20000, '{}', '{}'),
    (29, '{"started_at": "2016-01-01T00:00:00Z", "ended_at": "2026-01-08T00:00:01Z", "connector_id": null, "meter_stop_wh": 900011000}',
        900000000, '{implausible_duration}', '{}'),
    (30, '{"flags": ["matched_without_id"]}', 20000, '{}', '{matched_without_id}'),
    (31, '{"flags": ["matched_by_guess"]}', 20000, '{matched_by_guess}', '{matched_by_guess}'),
    (32, '{"flags": ["stop_conflict"]}', 20000, '{stop_conflict}', '{stop_conflict}');
select results_eq(
    $$ select c.no, s.energy_wh::numeric,
           array(select f.value ->> 'reason' from jsonb_array_elements(coalesce(s.hold_details, '[]')) as f (value)),
           s.flags
       from pg_temp.cases as c cross join lateral pg_temp.settle(c.fields) as s order by 1 $$,
    $$ select c.no, c.energy_wh, c.reasons, c.flags from pg_temp.cases as c order by 1 $$,
    'rule R10, quirks 56 and 70: findings in their order, and never an energy that is a guess'
);
select is_empty(
    $$ select from pg_temp.cases as c cross join lateral pg_temp.settle(c.fields) as s
       where s.hold_reason is distinct from c.reasons[1]
           or (s.hold_reason is null) <> (s.hold_details is null) $$,
    'the reason is the first finding'
);
select is(
    (pg_temp.settle('{"meter_stop_wh": 35201}')).hold_details,
    '[{"reason": "impossible_power", "energy_wh": 24201, "max_power_w": 22000, "duration_s": 3600,
       "meter_start_wh": 11000, "meter_stop_wh": 35201}]'::jsonb,
    'a finding has the figures that made it'
);
-- kWh labelled Wh (quirk 56): 5.2 at the last reading, a register of 5400 a moment later.
select is(
    (pg_temp.settle(jsonb_build_object(
        'connector_id', null, 'meter_start_wh', 0, 'meter_stop_wh', 5400, 'last_meter_wh', 5.2,
        'last_reading_at', now() - interval '1 minute'
    ))).hold_reason,
    'unit_conflict', 'quirk 56: kWh labelled Wh is seen at the stop'
);
-- The neighbours: on connector 1001 the session from 2 h to 1 h ago took 1000 to 11000.
update core.sessions set started_at = now() - interval '2 h', ended_at = now() - interval '1 h'
where id = 1001;
create function pg_temp.settle_between(p_from interval, p_to interval, p_start numeric, p_stop numeric)
returns text language sql as $$
    select coalesce('held: ' || s.hold_reason, s.flags[1])
    from pg_temp.settle(jsonb_build_object(
        'started_at', now() - p_from, 'ended_at', now() - p_to, 'meter_start_wh', p_start,
        'meter_stop_wh', p_stop
    )) as s;
$$;
select results_eq(
    $$ select v.no, pg_temp.settle_between(v.began, v.ended, v.start_wh, v.stop_wh)
       from (values
           (1, interval '3 h', interval '2 h', 500, 1010), (2, '3 h', '2 h', 500, 1011),
           (3, '3 h', '119 min', 500, 1000), (4, '3 h', '118 min', 500, 1000),
           (5, '3 h', '2 h', 2000, 5000), (6, '59 min', '0', 11000, 15000),
           (7, '62 min', '0', 11000, 15000)
       ) as v (no, began, ended, start_wh, stop_wh) $$,
    $$ values (1, null), (2, 'held: register_overlap'), (3, null), (4, 'time_overlap'),
           (5, null), (6, null), (7, 'time_overlap') $$,
    'registers that overlap with a neighbour''s hold a session, times that do are a flag'
);
update core.sessions set meter_start_wh = 0 where id = 1001;
select is(
    pg_temp.settle_between('3 h', '2 h', 1000, 5000), 'held: register_overlap',
    'and with a next one that began at 0, yet ran on'
);
select * from finish();
rollback;
