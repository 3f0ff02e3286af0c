-- StopTransaction: always acknowledged, whatever it names; the session ends once.
begin;
select plan(26);
select tests.act_as_owner();

create function pg_temp.start(p_connector_id integer, p_id_token text, p_while interval,
    p_meter_start numeric)
returns integer language sql as $$
    select (tests.call('StartTransaction', jsonb_build_object(
        'connectorId', p_connector_id, 'idTag', p_id_token, 'meterStart', p_meter_start,
        'timestamp', tests.clock(p_while)
    )) ->> 'transactionId')::integer;
$$;
create function pg_temp.stop(p_transaction_id integer, p_payload jsonb default '{}',
    p_charge_point_id bigint default 1001)
returns jsonb language sql as $$
    select tests.call('StopTransaction', jsonb_build_object(
        'transactionId', p_transaction_id, 'meterStop', 6000, 'timestamp', tests.clock()
    ) || p_payload, p_charge_point_id);
$$;
create view pg_temp.made as
select s.*, floor(extract(epoch from s.started_at - date_trunc('second', now())))::integer as from_s,
    floor(extract(epoch from s.ended_at - date_trunc('second', now())))::integer as to_s
from core.sessions as s
where s.created_at = now() and s.id not in (1001, 1002, 2001, 2002);
create view pg_temp.story as
select s.id, array_agg(e.event order by e.id) as events
from pg_temp.made as s
inner join core.session_events as e on e.session_id = s.id
group by s.id;
create temporary table t (name text, no integer);

insert into t values ('plain', pg_temp.start(2, 'GWTOKEN2', '-70 min', 1000));
create temporary table replies as
select pg_temp.stop(t.no, '{"idTag": "gwtoken2", "extra": 1, "disconnectReason": "x"}') as reply from t;
select results_eq(
    $$ select r.reply - 'idTagInfo', r.reply -> 'idTagInfo' ->> 'status' from pg_temp.replies as r $$,
    $$ values ('{}'::jsonb, 'Accepted') $$,
    'quirk 53: a stop with a token is told about the token, and extra fields are ignored'
);
select results_eq(
    $$ select s.state::text, s.from_s, s.to_s, s.meter_start_wh::numeric, s.meter_stop_wh::numeric, s.energy_wh::numeric,
           s.stop_reason, s.stop_id_token, s.stop_authorization_status, s.hold_reason,
           s.stop_received_at = now(), s.ended_at_reported, s.flags
       from pg_temp.made as s $$,
    $$ values ('ended', -4200, 0, 1000::numeric, 6000::numeric, 5000::numeric, 'Local', 'gwtoken2',
           'Accepted', null::text, true, tests.clock(), '{}'::text[]) $$,
    'quirk 54: the session ends with its energy, and without a reason it is Local'
);
select results_eq(
    $$ select s.last_reading_at, s.power_w, s.hold_reason from pg_temp.made as s $$,
    $$ values (null::timestamptz, null::numeric, null::text) $$,
    'quirk 71: a charger that sends no readings is charged by its registers, and shows none'
);
select results_eq(
    $$ select pg_temp.stop(t.no, '{"idTag": "gwtoken2"}') from t cross join generate_series(1, 3) $$,
    $$ select r.reply from pg_temp.replies as r cross join generate_series(1, 3) $$,
    'quirk 66: a stop that comes again gets the same answer'
);
select results_eq(
    $$ select s.events, (select count(*) from core.authorizations as a where a.source = 'stop')
       from pg_temp.story as s $$,
    $$ values ('{started,stopped}'::text[], 1::bigint) $$,
    'and changes nothing'
);
select pg_temp.stop(t.no, '{"meterStop": 9000}') from t cross join generate_series(1, 2);
select results_eq(
    $$ select s.meter_stop_wh::numeric, s.energy_wh::numeric, s.hold_reason, s.flags, y.events
       from pg_temp.made as s
       inner join pg_temp.story as y on y.id = s.id $$,
    $$ values (6000::numeric, 5000::numeric, 'stop_conflict', '{stop_conflict}'::text[],
           '{started,stopped,stop_repeated}'::text[]) $$,
    'rule R7: an ended session stays, and what a second stop says otherwise is noted once and holds'
);

-- transactionData comes first.
insert into t values ('data', pg_temp.start(3, 'NOBODY', '-70 min', 1000));
select pg_temp.stop(t.no, jsonb_build_object('reason', 'Remote', 'transactionData', jsonb_build_array(
    jsonb_build_object('timestamp', tests.clock('-1 h'), 'sampledValue', '[{"value": "1000", "context": "Transaction.Begin"}]'::jsonb),
    jsonb_build_object('timestamp', tests.clock('0'), 'sampledValue', '[{"value": "6", "unit": "kWh", "context": "Transaction.End"}]'::jsonb)
))) from t where t.name = 'data';
select results_eq(
    $$ select s.stop_reason, s.energy_wh::numeric, s.last_meter_wh, s.hold_reason,
           (select count(*) from core.meter_values as m where m.session_id = s.id and m.evse_no = 3)
       from pg_temp.made as s where s.id_token = 'NOBODY' $$,
    $$ values ('Remote', 5000::numeric, 6000::numeric, null::text, 2::bigint) $$,
    'transactionData becomes readings of the session and of its EVSE'
);

-- A presumed end is corrected.
insert into t values ('presumed', pg_temp.start(4, 'PRESUMED', '-70 min', 1000));
select tests.call('StatusNotification', jsonb_build_object('connectorId', 4, 'status', 'Available',
    'errorCode', 'NoError', 'timestamp', tests.clock('-5 min')));
select pg_temp.stop(t.no, jsonb_build_object('timestamp', tests.clock('-6 min')))
from t where t.name = 'presumed';
select results_eq(
    $$ select s.state::text, s.to_s, s.energy_wh::numeric, s.hold_reason, y.events from pg_temp.made as s
       inner join pg_temp.story as y on y.id = s.id where s.id_token = 'PRESUMED' $$,
    $$ values ('ended', -360, 5000::numeric, null::text,
           '{started,presumed_by_available,stopped}'::text[]) $$,
    'rule R7: a late stop corrects a presumed end and its hold'
);

-- The register is missing, garbage, or below.
insert into t select 'm' || n, pg_temp.start(n, 'METER' || n, '-70 min', 1000) from generate_series(5, 8) as n;
select tests.call('MeterValues', jsonb_build_object('connectorId', substr(t.name, 2), 'transactionId', t.no,
    'meterValue', jsonb_build_array(jsonb_build_object(
        'timestamp', tests.clock('-1 min'), 'sampledValue', '[{"value": "3000"}]'::jsonb))))
from t where t.name in ('m5', 'm7', 'm8');
select pg_temp.stop(t.no, v.payload::jsonb)
from (values
    ('m5', '{"meterStop": null}'), ('m6', '{"meterStop": "NaN"}'), ('m7', '{"meterStop": 999}'),
    ('m8', '{"meterStop": -1}')
) as v (name, payload)
inner join t on t.name = v.name;
select results_eq(
    $$ select s.id_token, s.meter_stop_wh::numeric, s.energy_wh::numeric, s.hold_reason, s.flags
       from pg_temp.made as s where s.id_token like 'METER_' order by 1 $$,
    $$ values
           ('METER5', null::numeric, 2000::numeric, 'meter_stop_missing',
            '{meter_stop_missing,energy_from_last_reading}'::text[]),
           ('METER6', null, null, 'meter_stop_missing', '{meter_stop_missing}'),
           ('METER7', 999, 2000, 'stop_below_start', '{energy_from_last_reading}'),
           ('METER8', -1, 2000, 'stop_below_start', '{energy_from_last_reading}') $$,
    'quirk 70: without a usable register the last reading counts, marked and held'
);

-- Ids that nobody has.
insert into t values ('zero', pg_temp.start(9, 'ZERO', '-70 min', 1000)),
    ('minus', pg_temp.start(10, 'MINUS', '-70 min', 1000));
select results_eq(
    $$ select pg_temp.stop(v.no, v.payload::jsonb) - 'idTagInfo'
       from (values (0, '{"idTag": "zero"}'), (0, '{"idTag": "zero"}'),
           (-1, '{"idTag": "MINUS"}'), (-1, '{"idTag": "MINUS"}')) as v (no, payload) $$,
    $$ select '{}'::jsonb from generate_series(1, 4) $$,
    'quirk 62: a stop of transaction 0 or -1 is acknowledged'
);
select results_eq(
    $$ select s.id_token, s.state::text, s.energy_wh::numeric, s.flags, s.hold_reason from pg_temp.made as s
       where lower(s.id_token) in ('zero', 'minus') order by 1 $$,
    $$ values ('MINUS', 'ended', 5000::numeric, '{matched_without_id}'::text[], null::text),
           ('ZERO', 'ended', 5000, '{matched_without_id}', null) $$,
    'and finds the open session of its token'
);

insert into t values ('bystander', pg_temp.start(11, 'BYSTANDER', '-70 min', 1000));
select pg_temp.stop(987654321, '{"idTag": "STRANGER"}'), pg_temp.stop(987654322), pg_temp.stop(0, '{"idTag": "STRANGER2"}'),
    pg_temp.stop(null, '{"idTag": "STRANGER3", "timestamp": null}'),
    pg_temp.stop(-1, '{"idTag": "BYSTANDER", "meterStop": 500}')
from generate_series(1, 3);
select results_eq(
    $$ select s.id_token, s.transaction_id in ('987654321', '987654322'), s.state::text, s.meter_stop_wh::numeric, s.energy_wh::numeric,
           s.hold_reason, y.events,
           (select e.details ->> 'transaction_id_reported' from core.session_events as e
            where e.session_id = s.id and e.event = 'orphan_created')
       from pg_temp.made as s inner join pg_temp.story as y on y.id = s.id
       where s.start_key is null order by s.id_token nulls first $$,
    $$ values
           (null::text, true, 'ended', 6000::numeric, null::numeric, 'unknown_start',
            '{orphan_created,stopped}'::text[], '987654322'),
           ('BYSTANDER', false, 'ended', 500, null, 'unknown_start', '{orphan_created,stopped}', '-1'),
           ('STRANGER', true, 'ended', 6000, null, 'unknown_start', '{orphan_created,stopped}', '987654321'),
           ('STRANGER2', false, 'ended', 6000, null, 'unknown_start', '{orphan_created,stopped}', '0'),
           ('STRANGER3', false, 'ended', 6000, null, 'unknown_start', '{orphan_created,stopped}', null) $$,
    'quirks 62 and 63, rule R6: a stop of no session makes one, held, once'
);
select results_eq(
    $$ select s.state::text from pg_temp.made as s where s.id_token = 'BYSTANDER' and s.start_key is not null $$,
    $$ values ('active') $$,
    'rule R5: a random id stops nobody else''s session'
);

-- An orphan out of its data, and readings that came before.
select tests.call('MeterValues', jsonb_build_object('connectorId', 1, 'transactionId', 555, 'meterValue',
    jsonb_build_array(jsonb_build_object('timestamp', tests.clock('-50 min'), 'sampledValue', '[{"value": "2000"}]'::jsonb))));
select pg_temp.stop(555, jsonb_build_object('idTag', 'LOST', 'transactionData', jsonb_build_array(
    jsonb_build_object('timestamp', tests.clock('-55 min'), 'sampledValue', '[{"value": "1500", "context": "Transaction.Begin"}]'::jsonb))));
select pg_temp.stop(556, jsonb_build_object('idTag', 'LOST2', 'transactionData', jsonb_build_array(
    jsonb_build_object('timestamp', tests.clock('-55 min'), 'sampledValue', '[{"value": "1500"}]'::jsonb))));
select results_eq(
    $$ select s.id_token, s.from_s, s.to_s, s.meter_start_wh::numeric, s.energy_wh::numeric, s.hold_reason, s.flags,
           (select count(*) from core.meter_values as m where m.session_id = s.id)
       from pg_temp.made as s where s.id_token like 'LOST%' order by 1 $$,
    $$ values ('LOST', -3300, 0, 1500::numeric, 4500::numeric, 'unknown_start', '{}'::text[], 2::bigint),
           ('LOST2', -3300, 0, null, 4500, 'unknown_start', '{energy_from_first_reading}', 1) $$,
    'quirk 64: a lost start is rebuilt from the stop and its readings'
);

-- The start comes after all.
create temporary table merged as select pg_temp.start(1, 'lost', '-56 min', 1490) as no;
select results_eq(
    $$ select m.no, s.from_s, s.meter_start_wh::numeric, s.energy_wh::numeric, s.state::text, s.hold_reason, s.evse_id, s.connector_id, y.events
       from pg_temp.made as s inner join pg_temp.story as y on y.id = s.id cross join pg_temp.merged as m
       where lower(s.id_token) = 'lost' $$,
    $$ values (555, -3360, 1490::numeric, 4510::numeric, 'ended', 'register_overlap', 1001::bigint, 1001::bigint,
           '{orphan_created,stopped,start_merged}'::text[]) $$,
    'a late start is merged into the session of its stop'
);
select is(pg_temp.start(1, 'lost', '-56 min', 1490), 555, 'and known when it comes again');

-- Clocks.
insert into t select 'c' || n, pg_temp.start(n, 'CLOCK' || n, '-70 min', 1000) from generate_series(21, 25) as n;
select pg_temp.stop(t.no, jsonb_build_object('timestamp', v.at))
from (values
    ('c21', '1970-01-01T00:00:00Z'), ('c22', tests.clock('2 h')), ('c23', tests.clock('17 min')),
    ('c24', tests.clock('-90 min')), ('c25', 'soon')
) as v (name, at)
inner join t on t.name = v.name;
select results_eq(
    $$ select s.id_token, s.to_s, s.energy_wh::numeric, s.hold_reason, s.flags
       from pg_temp.made as s where s.id_token like 'CLOCK%' order by 1 $$,
    $$ values
           ('CLOCK21', 0, 5000::numeric, null::text, '{stop_time_implausible}'::text[]),
           ('CLOCK22', 0, 5000, null, '{stop_clock_off_whole_hours}'),
           ('CLOCK23', 0, 5000, 'time_in_future', '{stop_time_ahead}'),
           ('CLOCK24', -5400, 5000, 'impossible_power', '{}'),
           ('CLOCK25', 0, 5000, null, '{stop_time_unreadable}') $$,
    'quirks 58 and 59, rule R10: what a clock may say'
);
select results_eq(
    $$ select f.value ->> 'reason' from pg_temp.made as s
       cross join lateral jsonb_array_elements(s.hold_details) as f (value)
       where s.id_token = 'CLOCK24' $$,
    $$ values ('impossible_power'), ('negative_duration') $$,
    'every finding is there'
);

-- A guess, and what comes after it.
insert into t values ('guess', pg_temp.start(31, 'GUESS', '-70 min', 1000));
create temporary table guessed as
select s.id from pg_temp.made as s where s.id_token = 'GUESS';
create view pg_temp.guess as
select s.state::text, s.to_s, s.energy_wh::numeric as energy_wh, s.last_meter_wh, s.hold_reason, s.flags, y.events
from pg_temp.made as s
inner join pg_temp.story as y on y.id = s.id
inner join pg_temp.guessed as g on g.id = s.id;
create function pg_temp.guess() returns jsonb language sql as $$
    select pg_temp.stop(777, jsonb_build_object('idTag', 'GUESS', 'meterStop', 9000,
        'timestamp', tests.clock('-40 min')));
$$;
select pg_temp.guess() from generate_series(1, 2);
select results_eq(
    'select * from pg_temp.guess',
    $$ values ('ended', -2400, 8000::numeric, 1000::numeric, 'matched_by_guess',
           '{matched_without_id,matched_by_guess}'::text[], '{started,stopped}'::text[]) $$,
    'a stop of another id that fits one session only ends it, held'
);
select tests.call('MeterValues', jsonb_build_object('connectorId', 31, 'transactionId', t.no,
    'meterValue', jsonb_build_array(jsonb_build_object(
        'timestamp', tests.clock('-10 min'), 'sampledValue', '[{"value": "18000"}]'::jsonb))))
from t where t.name = 'guess';
select pg_temp.stop(t.no, '{"idTag": "GUESS", "meterStop": 21000, "reason": "EVDisconnected"}')
from t cross join generate_series(1, 2) where t.name = 'guess';
select pg_temp.guess();
select results_eq(
    'select * from pg_temp.guess',
    $$ values ('ended', 0, 20000::numeric, 18000::numeric, null::text,
           '{stop_replaced}'::text[], '{started,stopped,stop_replaced}'::text[]) $$,
    'the stop with its own id replaces the guess and its hold, whatever comes again'
);
select results_eq(
    $$ select s.stop_reason, s.meter_stop_wh::numeric,
           (select count(*) from core.meter_values as m where m.session_id = s.id)
       from pg_temp.made as s where s.id_token = 'GUESS' $$,
    $$ values ('EVDisconnected', 21000::numeric, 1::bigint) $$,
    'with its reason, its register and the readings since the guess'
);
select pg_temp.stop(t.no, '{"idTag": "GUESS", "meterStop": 22000}') from t where t.name = 'guess';
select results_eq(
    'select g.energy_wh, g.hold_reason from pg_temp.guess as g',
    $$ values (20000::numeric, 'stop_conflict') $$,
    'and another one with its id contradicts it'
);

-- Two sessions of one connector, the stop of the first late: one of them is held in every order.
create function pg_temp.overlap(p_connector_id integer, p_order text[]) returns text[] language plpgsql as $$
declare
    v_a integer := pg_temp.start(p_connector_id, 'OVERA' || p_connector_id, '-120 min', 1000);
    v_b integer := pg_temp.start(p_connector_id, 'OVERB' || p_connector_id, '-60 min', 5000);
    v_stop text;
begin
    foreach v_stop in array p_order loop
        perform case v_stop
            when 'a' then pg_temp.stop(v_a, jsonb_build_object(
                'meterStop', 15000, 'timestamp', tests.clock('-61 min')))
            else pg_temp.stop(v_b, '{"meterStop": 15000}')
        end;
    end loop;
    return array(
        select coalesce(s.hold_reason, '') from pg_temp.made as s
        where s.transaction_id in (v_a::text, v_b::text) order by s.started_at
    );
end;
$$;
select results_eq(
    $$ select pg_temp.overlap(41, '{a,b}'), pg_temp.overlap(42, '{b,a}') $$,
    $$ values ('{register_overlap,register_overlap}'::text[], '{register_overlap,""}'::text[]) $$,
    'energy is billed once, whichever stop comes first'
);

-- What transactionData does never costs the stop; long texts are cut.
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'numeric_value_out_of_range', message = 'out of range';
end;
$$;
insert into t values ('trap', pg_temp.start(51, 'TRAP', '-70 min', 1000));
set constraints all immediate;
create trigger fail before insert on core.meter_values for each row execute function pg_temp.fail();
select is(
    pg_temp.stop(t.no, jsonb_build_object(
        'reason', repeat('r', 1000), 'timestamp', tests.clock() || repeat(' ', 1000) || 'x',
        'transactionData', jsonb_build_array(jsonb_build_object(
            'timestamp', tests.clock(), 'sampledValue', '[{"value": "6000"}]'::jsonb))
    )),
    '{}'::jsonb, 'a stop is acknowledged though its readings cannot be kept'
) from t where t.name = 'trap';
select results_eq(
    $$ select s.state::text, s.energy_wh::numeric, s.hold_reason, s.flags
       from pg_temp.made as s where s.id_token = 'TRAP' $$,
    $$ values ('ended', 5000::numeric, null::text,
           '{stop_time_unreadable,readings_unreadable}'::text[]) $$,
    'and says so'
);
select results_eq(
    $$ select length(s.stop_reason), length(s.ended_at_reported)
       from pg_temp.made as s where s.id_token = 'TRAP' $$,
    $$ values (64, 64) $$, 'texts are kept at a sane length'
);
select * from finish();
rollback;
