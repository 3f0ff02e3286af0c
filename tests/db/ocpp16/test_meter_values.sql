-- MeterValues: one row per timestamp, in our units; what does not fit stays as it was sent.
begin;
select plan(26);
select tests.act_as_owner();

-- An active session on connector 2 of 1001, with EVSE 2; register 1000.
select tests.call('StartTransaction', jsonb_build_object(
    'connectorId', 2, 'idTag', 'GWTOKEN2', 'meterStart', 1000, 'timestamp', tests.clock('-1 h 10 s')
));
create temporary table transaction as
select s.id, s.transaction_id as no from core.sessions as s
where s.charge_point_id = 1001 and s.state = 'active';

create function pg_temp.send(
    p_samples jsonb,
    p_while interval default '0',
    p_payload jsonb default '{}',
    p_received_at timestamptz default now()
)
returns jsonb language sql as $$
    select tests.call('MeterValues', jsonb_build_object(
        'connectorId', 2, 'transactionId', (select t.no::integer from pg_temp.transaction as t),
        'meterValue', jsonb_build_array(jsonb_build_object(
            'timestamp', tests.clock(p_while), 'sampledValue', p_samples
        ))
    ) || p_payload, 1001, p_received_at);
$$;
create view pg_temp.rows as
select m.*, extract(epoch from m.sampled_at - date_trunc('second', now()))::integer as at_s
from core.meter_values as m
where m.charge_point_id = 1001 and m.session_id is distinct from 1001;
create view pg_temp.live as
select s.last_meter_wh, s.energy_wh::numeric, s.power_w, s.soc_percent::numeric,
    extract(epoch from s.last_reading_at - date_trunc('second', now()))::integer as at_s
from core.sessions as s
inner join pg_temp.transaction as t on t.id = s.id;

select is(
    pg_temp.send('[
        {"value": "2500.5"},
        {"value": "7.36", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "16.1", "measurand": "Current.Import", "phase": "L1", "unit": "A"},
        {"value": "230.4", "measurand": "Voltage", "phase": "L1-N", "unit": "V"},
        {"value": "55", "measurand": "SoC", "unit": "Percent", "location": "EV"},
        {"value": "50.01", "measurand": "Frequency", "unit": "Hertz"}
    ]', '-50 min'),
    '{}', 'the answer is empty'
);
select results_eq(
    $$ select r.tenant_id, r.evse_no::integer, r.session_id = t.id, r.transaction_id = t.no, r.at_s,
           r.sampled_at_reported, r.received_at = now(), r.context, r.energy_wh, r.power_w,
           r.current_l1_a, r.voltage_l1_v, r.soc_percent, r.power_l1_w, r.other_samples, r.flags
       from pg_temp.rows as r cross join pg_temp.transaction as t $$,
    $$ values (101::bigint, 2, true, true, -3000, null::text, true, 'Sample.Periodic', 2500.5,
           7360::real, 16.1::real, 230.4::real, 55::real, null::real,
           '[{"unit": "Hertz", "value": "50.01", "measurand": "Frequency"}]'::jsonb,
           '{unit_kw}'::text[]) $$,
    'quirks 52 and 55: defaults by measurand, units scaled, and no column means as sent'
);
select results_eq(
    'select * from pg_temp.live',
    $$ values (2500.5, 1500.5, 7360::numeric, 55::numeric, -3000) $$,
    'the session shows the newest figures'
);
select pg_temp.send('[{"value": "2500.5"}]', '-50 min'), pg_temp.send('[
        {"value": "2500.5"},
        {"value": "7.36", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "16.1", "measurand": "Current.Import", "phase": "L1", "unit": "A"},
        {"value": "230.4", "measurand": "Voltage", "phase": "L1-N", "unit": "V"},
        {"value": "55", "measurand": "SoC", "unit": "Percent", "location": "EV"},
        {"value": "50.01", "measurand": "Frequency", "unit": "Hertz"}
    ]', '-50 min');
select is(
    (select count(*) from pg_temp.rows), 2::bigint,
    'a message that comes again leaves nothing; other samples of that second do'
);
select pg_temp.send('[{"value": "4000"}, {"value": "11000", "measurand": "Power.Active.Import"}]',
    '-20 min');
select pg_temp.send('[{"value": "3000"}, {"value": "60", "measurand": "SoC"}]', '-40 min');
select results_eq(
    'select * from pg_temp.live',
    $$ values (4000::numeric, 3000::numeric, 11000::numeric, 55::numeric, -1200) $$,
    'a late reading does not turn the figures back'
);

-- What each sample becomes. Each goes alone, a second apart.
create temporary table cases (no integer, sample jsonb, "column" text, value numeric, is_kept boolean, flags text[]);
insert into pg_temp.cases values
    (1, '{"value": "1.234", "unit": "kWh"}', 'energy_wh', 1234, false, '{unit_kwh}'),
    (2, '{"value": 5678}', 'energy_wh', 5678, false, null),
    (3, '{"value": "9", "measurand": "Energy.Active.Export.Register", "unit": "kwh"}',
        'energy_export_wh', 9000, false, '{unit_kwh}'),
    (4, '{"value": "10", "measurand": "Power.Active.Import", "phase": "L2"}', 'power_l2_w', 10, false, null),
    (5, '{"value": "3680", "measurand": "Power.Offered", "unit": "W"}', 'power_offered_w', 3680, false, null),
    (6, '{"value": "6", "measurand": "Current.Import"}', 'current_a', 6, false, null),
    (7, '{"value": "32", "measurand": "Current.Offered", "unit": "A"}', 'current_offered_a', 32, false, null),
    (8, '{"value": "400", "measurand": "Voltage"}', 'voltage_v', 400, false, null),
    (9, '{"value": "231", "measurand": "Voltage", "phase": "L3"}', 'voltage_l3_v', 231, false, null),
    (10, '{"value": "25.5", "measurand": "Temperature", "unit": "Celcius"}', 'temperature_celsius', 25.5, false, null),
    (11, '{"value": "25", "measurand": "Temperature", "unit": "Celsius", "location": "Body"}',
        'temperature_celsius', 25, false, null),
    (12, '{"value": "300.15", "measurand": "Temperature", "unit": "K"}', 'temperature_celsius', 27, true,
        '{unit_temperature}'),
    (13, '{"value": "212", "measurand": "Temperature", "unit": "Fahrenheit"}', 'temperature_celsius', 100,
        true, '{unit_temperature}'),
    (14, '{"value": "80", "measurand": "SoC"}', 'soc_percent', 80, false, null),
    (15, '{"value": "101", "measurand": "SoC"}', null, null, true, '{value_unreadable}'),
    (16, '{"value": "", "unit": "Wh"}', null, null, true, '{value_unreadable}'),
    (17, '{"value": "NaN"}', null, null, true, '{value_unreadable}'),
    (18, '{"value": "12,5"}', null, null, true, '{value_unreadable}'),
    (19, '{"value": "7400", "measurand": "Power.Active.Import", "unit": "Wh"}', null, null, true, '{unit_conflict}'),
    (20, '{"value": "33", "measurand": "SoCState"}', null, null, true, '{measurand_unknown}'),
    (21, '{"value": "100", "phase": "L1"}', null, null, true, null),
    (22, '{"value": "100", "location": "Inlet"}', null, null, true, null),
    (23, '{"value": "100", "measurand": "Current.Import", "phase": "N"}', null, null, true, null),
    (24, '{"value": "398", "measurand": "Voltage", "phase": "L1-L2"}', null, null, true, null),
    (25, '{"value": "OCMF|{}|{ }", "format": "SignedData"}', null, null, true, '{signed_data}'),
    (26, '{"value": "1", "context": "Sample.Weird"}', 'energy_wh', 1, false, '{context_unknown}'),
    (27, '{"value": "50", "measurand": "Frequency", "unit": "Hz"}', null, null, true, null),
    (28, '"just text"', null, null, true, '{value_unreadable}'),
    (29, '{"value": {"a": 1}}', null, null, true, '{value_unreadable}'),
    (30, '{"value": "-5"}', 'energy_wh', -5, false, null),
    (31, '{"value": "0.5", "measurand": "Power.Factor"}', null, null, true, null);
select pg_temp.send(jsonb_build_array(c.sample), make_interval(secs => c.no - 100))
from pg_temp.cases as c;
select results_eq(
    $$ select c.no, k.key, (k.value #>> '{}')::numeric, r.other_samples, r.flags
       from pg_temp.cases as c
       inner join pg_temp.rows as r on r.at_s = c.no - 100
       left join lateral jsonb_each(jsonb_strip_nulls(to_jsonb(r) - '{tenant_id,charge_point_id,
           evse_no,session_id,transaction_id,sampled_at,received_at,context,other_samples,flags,
           payload_hash,at_s}'::text[])) as k on true
       order by 1 $$,
    $$ select c.no, c.column, c.value, case when c.is_kept then jsonb_build_array(c.sample) end,
           c.flags
       from pg_temp.cases as c order by 1 $$,
    'quirks 51, 52, 55, 56 and 57: what each kind of sample becomes'
);
select results_eq(
    $$ select s.sample ->> 'value' from pg_temp.rows as r
       cross join lateral jsonb_array_elements(r.other_samples) as s (sample)
       where r.flags = '{signed_data}' $$,
    $$ values ('OCMF|{}|{ }') $$,
    'signed data is kept to the letter'
);

-- Two samples for one column; contexts.
select pg_temp.send('[
    {"value": "1000", "context": "Transaction.Begin"},
    {"value": "4900", "context": "Transaction.End"},
    {"value": "4901", "context": "Transaction.End"}
]', '1 s');
select results_eq(
    $$ select r.context, r.energy_wh, jsonb_path_query_array(r.other_samples, '$[*].value'), r.flags
       from pg_temp.rows as r where r.at_s = 1 $$,
    $$ values ('Transaction.End', 4901::numeric, '["1000", "4900"]'::jsonb, '{mixed_contexts}'::text[]) $$,
    'of contexts in one reading the end counts, and the others are kept'
);
select pg_temp.send('[{"value": "5"}, {"value": "6"}]', '2 s');
select results_eq(
    $$ select r.energy_wh, r.other_samples from pg_temp.rows as r where r.at_s = 2 $$,
    $$ values (5::numeric, '[{"value": "6"}]'::jsonb) $$,
    'of two alike the first counts'
);
select pg_temp.send(
    '[{"value": "3", "measurand": "Power.Active.Import", "phase": "L1", "unit": "kW"},
      {"value": "3", "measurand": "Power.Active.Import", "phase": "L2", "unit": "kW"},
      {"value": "1500", "measurand": "Power.Active.Import", "phase": "L3"}]', '3 s');
select results_eq(
    'select l.power_w from pg_temp.live as l', $$ values (7500::numeric) $$,
    'the power of phases is summed where no total is told'
);

-- Without a transaction, with somebody else's, of the main meter, of a connector never seen.
select pg_temp.send('[{"value": "1"}]', '10 s', '{"transactionId": null}'),
    pg_temp.send('[{"value": "2"}]', '11 s', '{"transactionId": 99}'),
    pg_temp.send('[{"value": "3"}]', '12 s', '{"transactionId": -1, "connectorId": 1}'),
    pg_temp.send('[{"value": "4", "location": "Inlet"}]', '13 s',
        '{"transactionId": null, "connectorId": 0}'),
    pg_temp.send('[{"value": "5"}]', '14 s', '{"transactionId": "x", "connectorId": 9}'),
    pg_temp.send('[{"value": "6"}]', '15 s', '{"connectorId": "?"}'),
    pg_temp.send('[{"value": "7"}]', '16 s', '{"connectorId": 5000, "transactionId": [1]}');
select results_eq(
    $$ select r.energy_wh, r.evse_no::integer, r.session_id is null,
           case when r.session_id is null then r.transaction_id else 'own' end
       from pg_temp.rows as r where r.at_s between 10 and 16 order by r.at_s $$,
    $$ values (1::numeric, 2, true, null::text), (2, 2, true, '99'), (3, 1, true, '-1'),
           (4, 0, true, null), (5, 9, true, 'x'), (6, 2, false, 'own'), (7, 0, true, null) $$,
    'quirks 68 and 69: readings of no session of ours are kept unattached'
);

-- Times.
select pg_temp.send('[{"value": "21"}]', '30 min'),
    tests.call('MeterValues', v.payload::jsonb)
from (values
    ('{"connectorId": 2, "meterValue": [{"timestamp": "1970-01-01T00:00:09Z", "sampledValue": [{"value": "22"}]}]}'),
    ('{"connectorId": 2, "meterValue": [{"timestamp": "nonsense", "sampledValue": [{"value": "23"}]}]}'),
    ('{"connectorId": 2, "meterValue": [{"sampledValue": [{"value": "24"}]}]}')
) as v (payload);
select tests.call('MeterValues', '{"connectorId": 2, "meterValue": [
    {"timestamp": "1970-01-01T00:00:09Z", "sampledValue": [{"value": "22"}]}]}',
    1001, now() + interval '1 hour');
select results_eq(
    $$ select r.energy_wh, r.sampled_at = now(),
           case when r.energy_wh > 21 then r.sampled_at_reported end, r.flags
       from pg_temp.rows as r where r.energy_wh between 21 and 24 order by 1 $$,
    $$ values (21::numeric, true, null::text, '{time_clamped}'::text[]),
           (22, true, '1970-01-01T00:00:09Z', '{time_clamped}'),
           (23, true, 'nonsense', '{time_clamped}'), (24, true, null, '{time_clamped}') $$,
    'quirk 59: a time that cannot be true is that of the receipt, what was sent is kept, and it '
    'is known when it comes again'
);

-- What is no list of readings.
select is(
    (
        select array_agg(distinct tests.call('MeterValues', v.payload::jsonb))
        from (values
            ('{}'), ('{"connectorId": 2}'), ('{"connectorId": 2, "meterValue": []}'),
            ('{"connectorId": 2, "meterValue": null}'),
            ('{"connectorId": 2, "meterValue": [null]}'),
            ('{"connectorId": 2, "meterValue": [{"timestamp": "x", "sampledValue": []}]}')
        ) as v (payload)
    ),
    '{"{}"}', 'an empty message is acknowledged'
);
select tests.call('MeterValues', v.payload::jsonb, 1002)
from (values
    ('{"meterValue": "text"}'), ('{"meterValue": {"sampledValue": {"value": "31"}}}'),
    ('{"meterValue": [[1]]}'), ('{"meterValue": [{"values": []}]}')
) as v (payload);
select bag_eq(
    $$ select m.energy_wh, m.other_samples from core.meter_values as m
       where m.charge_point_id = 1002 and m.session_id is null $$,
    $$ values (null::numeric, '["text"]'::jsonb), (31, null), (null, '[[1]]'),
           (null, '[{"values": []}]') $$,
    'what stands in place of readings is kept as well'
);

-- A session that is over.
select pg_temp.send('[{"value": "7800"}]', '17 s');
select tests.call('StopTransaction', jsonb_build_object(
    'transactionId', (select t.no::integer from pg_temp.transaction as t), 'meterStop', 8000,
    'timestamp', tests.clock('20 s')
));
select pg_temp.send('[{"value": "7900"}]', '18 s'), pg_temp.send('[{"value": "8001"}]', '200 s'),
    pg_temp.send('[{"value": "8002"}]', '25 s');
select results_eq(
    $$ select r.at_s, r.session_id = t.id, r.transaction_id = t.no
       from pg_temp.rows as r cross join pg_temp.transaction as t
       where r.energy_wh between 7900 and 8002 order by 1 $$,
    $$ values (18, true, true), (25, true, true), (200, null, true) $$,
    'quirk 68: a late reading finds its session, one of after the end stays unattached'
);
select results_eq(
    $$ select s.state::text, s.energy_wh::numeric, s.power_w from core.sessions as s
       inner join pg_temp.transaction as t on t.id = s.id $$,
    $$ values ('ended', 7000::numeric, null::numeric) $$,
    'and none reopens it'
);

-- Another tenant with the same transaction id.
update core.sessions set transaction_id = (select t.no from pg_temp.transaction as t),
    state = 'active', ended_at = null
where id = 2001;
select tests.call('MeterValues', jsonb_build_object(
    'connectorId', 1, 'transactionId', (select t.no::integer from pg_temp.transaction as t),
    'meterValue', jsonb_build_array(jsonb_build_object(
        'timestamp', tests.clock('40 s'), 'sampledValue', '[{"value": "12000"}]'::jsonb
    ))
), 2001);
select results_eq(
    $$ select s.id, s.last_meter_wh from core.sessions as s
       where s.transaction_id = (select t.no from pg_temp.transaction as t)
           and s.tenant_id = 102 $$,
    $$ values (2001::bigint, 12000::numeric) $$,
    'rule R5: an id is looked up with its charge point'
);

-- Many readings in one message: the newest counts.
update core.sessions set state = 'active', ended_at = null, last_reading_at = null where id = 1001;
select tests.call('MeterValues', jsonb_build_object('connectorId', 1, 'transactionId', 7007, 'meterValue', (
    select jsonb_agg(jsonb_build_object(
        'timestamp', tests.clock(make_interval(secs => -v.s)),
        'sampledValue', jsonb_build_array(jsonb_build_object('value', (20000 - v.s)::text))
    ) order by v.s % 7, v.s)
    from generate_series(1, 60) as v (s)
)));
select results_eq(
    $$ select s.last_meter_wh, s.energy_wh::numeric, s.last_reading_at = date_trunc('second', now()) - interval '1 s',
           (select count(*) from core.meter_values as m
            where m.session_id = 1001 and m.energy_wh > 19000)
       from core.sessions as s where s.id = 1001 $$,
    $$ values (19999::numeric, 18999::numeric, true, 60::bigint) $$,
    'of many readings in one message the newest counts'
);
select is_empty(
    $$ select from pg_temp.rows as r where r.flags = '{}' or r.other_samples = '[]' $$,
    'nothing odd is null, not empty'
);

-- A second session, on EVSE 1 of 1001: readings of another EVSE or of the main meter do not touch
-- its figures.
create function pg_temp.send_of(p_connector integer, p_transaction text, p_readings jsonb)
returns jsonb language sql as $$
    select tests.call('MeterValues', jsonb_build_object(
        'connectorId', p_connector, 'transactionId', p_transaction, 'meterValue', p_readings
    ));
$$;
create function pg_temp.reading(p_value text, p_while interval, p_more jsonb default '{}')
returns jsonb language sql as $$
    select jsonb_build_array(jsonb_build_object(
        'timestamp', tests.clock(p_while),
        'sampledValue', jsonb_build_array(jsonb_build_object('value', p_value) || p_more)
    ));
$$;
update core.sessions set state = 'active', ended_at = null, last_reading_at = null,
    last_meter_wh = null, energy_wh = null, power_w = null, soc_percent = null
where id = 1001;
select pg_temp.send_of(0, '7007', pg_temp.reading('900001', '-3 h')),
    pg_temp.send_of(2, '7007', pg_temp.reading('900002', '-3 h')),
    pg_temp.send_of(77, '7007', pg_temp.reading('90', '-3 h', '{"measurand": "SoC"}'));
select results_eq(
    $$ select m.evse_no::integer, m.flags from core.meter_values as m
       where m.session_id = 1001 and m.sampled_at = date_trunc('second', now()) - interval '3 h'
       order by 1 $$,
    $$ values (0, '{connector_mismatch}'::text[]), (2, '{connector_mismatch}'),
           (77, '{connector_mismatch}') $$,
    'readings of another EVSE than the session''s are told apart'
);
select results_eq(
    $$ select s.last_meter_wh, s.energy_wh::numeric, s.soc_percent::numeric, s.last_reading_at
       from core.sessions as s where s.id = 1001 $$,
    $$ values (null::numeric, null::numeric, null::numeric, null::timestamptz) $$,
    'and do not touch its figures'
);
update core.sessions set evse_id = null where id = 1001;
select pg_temp.send_of(0, '7007', pg_temp.reading('5000', '-2 h'));
select is(
    (select s.last_meter_wh from core.sessions as s where s.id = 1001), 5000::numeric,
    'a session whose EVSE is not known takes any'
);

-- Kept unattached at first, sent again with the session.
update core.sessions set evse_id = (select e.id from core.evses as e
    where e.charge_point_id = 1001 and e.evse_no = 1) where id = 1001;
select pg_temp.send_of(1, '-1', pg_temp.reading('6000', '-110 min')),
    pg_temp.send_of(1, null, pg_temp.reading('6001', '-109 min')),
    pg_temp.send_of(1, '7007', pg_temp.reading('6000', '-110 min')),
    pg_temp.send_of(1, '7007', pg_temp.reading('6001', '-109 min')),
    pg_temp.send_of(1, '-1', pg_temp.reading('6001', '-109 min')),
    pg_temp.send_of(1, '7007', pg_temp.reading('6001', '-109 min'));
select results_eq(
    $$ select m.energy_wh, m.session_id, m.transaction_id from core.meter_values as m
       where m.charge_point_id = 1001 and m.energy_wh between 6000 and 6001 order by 1 $$,
    $$ values (6000::numeric, 1001::bigint, '7007'), (6001, 1001, '7007') $$,
    'a reading that was kept unattached is attached when it comes with its session, and stays so'
);
select is(
    (select s.last_meter_wh from core.sessions as s where s.id = 1001), 6001::numeric,
    'and counts for the figures'
);

select pg_temp.send_of(0, '-1', pg_temp.reading('8100', '-5 h') || pg_temp.reading('8300', '-4 h'));
select tests.call('StopTransaction', jsonb_build_object(
    'transactionId', -1, 'meterStop', 8500, 'timestamp', tests.clock('-3 h'), 'idTag', 'NOBODY',
    'transactionData', pg_temp.reading('8100', '-5 h') || pg_temp.reading('8300', '-4 h')
));
select results_eq(
    $$ select s.energy_wh::numeric, count(m.session_id), count(*)
       from core.meter_values as m
       left join core.sessions as s on s.id = m.session_id and s.id_token = 'NOBODY'
       where m.charge_point_id = 1001 and m.energy_wh between 8100 and 8300 group by 1 $$,
    $$ values (400::numeric, 2::bigint, 2::bigint) $$,
    'an orphan has the energy of readings that its stop brings once more'
);

-- Times that cannot be true: readings to the letter alike, of two transactions.
select pg_temp.send_of(1, v.no, '[{"timestamp": "1999-01-01T00:00:00Z",
    "sampledValue": [{"value": "0.125"}]}]')
from unnest('{501,502,501,502}'::text[]) as v (no);
select results_eq(
    $$ select m.transaction_id, count(*) from core.meter_values as m
       where m.charge_point_id = 1001 and m.energy_wh = 0.125 group by 1 order by 1 $$,
    $$ values ('501', 1::bigint), ('502', 1) $$,
    'readings that look alike are of two transactions when their ids say so'
);
select * from finish();
rollback;
