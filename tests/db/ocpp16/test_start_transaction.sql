-- StartTransaction: recorded always, once, with a real transaction id.
begin;
select plan(18);
select tests.act_as_owner();

create function pg_temp.start(
    p_payload jsonb default '{}',
    p_charge_point_id bigint default 1001,
    p_received_at timestamptz default now()
)
returns jsonb language sql as $$
    select tests.call('StartTransaction', jsonb_build_object(
        'connectorId', 2, 'idTag', 'GWTOKEN2', 'meterStart', 1200, 'timestamp', tests.clock()
    ) || p_payload, p_charge_point_id, p_received_at);
$$;
create temporary table first as select pg_temp.start() as reply;
create view pg_temp.sessions as
select s.* from core.sessions as s where s.created_at = now() and s.id not in (1001, 1002, 2001, 2002);

select results_eq(
    $$ select r.reply -> 'idTagInfo' ->> 'status',
           (r.reply ->> 'transactionId')::bigint between 1 and 2147483647,
           jsonb_typeof(r.reply -> 'transactionId'), r.reply - '{idTagInfo,transactionId}'::text[]
       from pg_temp.first as r $$,
    $$ values ('Accepted', true, 'number', '{}'::jsonb) $$,
    'a start is answered with a positive 31-bit id and the token''s status'
);
select results_eq(
    $$ select s.tenant_id, s.charge_point_id, c.ocpp16_connector_id, s.evse_id = c.evse_id,
           s.protocol, s.state::text, s.id_token, s.id_token_id, s.user_id, s.authorization_status,
           s.authorization_reason, s.started_at, s.started_at_reported, s.start_received_at,
           s.meter_start_wh::numeric, s.energy_wh::numeric, s.flags, s.hold_reason
       from pg_temp.sessions as s
       inner join core.connectors as c on c.tenant_id = s.tenant_id and c.id = s.connector_id $$,
    $$ values (101::bigint, 1001::bigint, 2::smallint, true, 'ocpp1.6', 'active', 'GWTOKEN2',
           1002::bigint, tests.user_id_of('greenway.driver2'), 'Accepted', 'accepted',
           date_trunc('second', now()), tests.clock(), now(), 1200::numeric, 0::numeric,
           '{}'::text[], null::text) $$,
    'the session has who, where, when and the register; the connector was made'
);
select results_eq(
    $$ select pg_temp.start(v.payload::jsonb)
       from (values
           ('{}'), ('{"idTag": "gwtoken2"}'), ('{"meterStart": "1200.0"}'), ('{"extra": [1]}')
       ) as v (payload) $$,
    $$ select r.reply from pg_temp.first as r cross join generate_series(1, 4) $$,
    'quirks 39 and 65: the same start gets the same answer, not ConcurrentTx'
);
select results_eq(
    $$ select (select count(*) from pg_temp.sessions),
           (select count(*) from core.authorizations as a where a.source = 'start'),
           (select count(*) from core.session_events as e
            inner join pg_temp.sessions as s on s.id = e.session_id) $$,
    $$ values (1::bigint, 1::bigint, 1::bigint) $$,
    'and leaves one session, one decision and one event'
);

-- The same token elsewhere, an unknown token, one of another tenant, none at all.
create temporary table others as
select v.no, pg_temp.start(v.payload::jsonb, 1002) as reply
from (values
    (1, '{"connectorId": 1}'), (2, '{"connectorId": 2, "idTag": "NOBODY"}'),
    (3, '{"connectorId": 3, "idTag": "BCTOKEN3"}'), (4, '{"connectorId": 4, "idTag": null}'),
    (5, '{"connectorId": 5, "idTag": "GWTOKEN1"}')
) as v (no, payload);
select results_eq(
    $$ select o.no, o.reply -> 'idTagInfo' ->> 'status', s.authorization_status, s.state::text,
           (o.reply ->> 'transactionId')::integer > 0
       from pg_temp.others as o
       left join pg_temp.sessions as s
           on s.charge_point_id = 1002 and s.transaction_id = o.reply ->> 'transactionId'
       order by 1 $$,
    $$ values (1, 'ConcurrentTx', 'ConcurrentTx', 'active', true),
           (2, 'Invalid', 'Invalid', 'active', true), (3, 'Invalid', 'Invalid', 'active', true),
           (4, 'Invalid', 'Invalid', 'active', true), (5, 'Blocked', 'Blocked', 'active', true) $$,
    'quirks 73 and 74: a refused token gets a real id and is recorded all the same'
);

-- Garbage in every field.
create temporary table garbage as
select v.no, pg_temp.start(v.payload::jsonb) ->> 'transactionId' as id
from (values
    (1, '{"connectorId": 0, "idTag": "G1"}'),
    (2, '{"connectorId": 77777, "idTag": "G2", "timestamp": "yesterday"}'),
    (3, '{"connectorId": 3, "idTag": "G3", "meterStart": "NaN", "reservationId": 1e11}'),
    (4, '{"connectorId": 4, "idTag": "G4", "meterStart": "", "timestamp": null}'),
    (5, '{"connectorId": "5", "idTag": "G5", "meterStart": "12,5"}'),
    (6, '{"connectorId": [6], "idTag": "G6", "meterStart": 1e15}'),
    (7, '{"connectorId": 7, "idTag": "G7", "meterStart": 12.3456}')
) as v (no, payload);
select results_eq(
    $$ select g.no, s.started_at = now(), s.meter_start_wh::numeric, s.connector_id is null, s.flags
       from pg_temp.garbage as g
       inner join core.sessions as s on s.charge_point_id = 1001 and s.transaction_id = g.id
       order by g.no $$,
    $$ values
           (1, false, 1200::numeric, true, '{connector_unknown}'::text[]),
           (2, true, 1200, true, '{start_time_unreadable,connector_unknown}'),
           (3, false, null, false, '{meter_start_missing}'),
           (4, true, null, false, '{start_time_missing,meter_start_missing}'),
           (5, false, null, false, '{meter_start_missing}'),
           (6, false, null, true, '{connector_unknown,meter_start_missing}'),
           (7, false, 12.346, false, '{}') $$,
    'quirk 57 and rule R14: what cannot be read is missing and flagged, and the session is there'
);
select pg_temp.start('{"connectorId": 8, "idTag": "OCULAR0000000000000001\u0010\u000e"}');
select results_eq(
    $$ select s.id_token from pg_temp.sessions as s where s.id_token like 'OCULAR%' $$,
    $$ values ('OCULAR0000000000000001') $$,
    'quirks 37 and 50: control characters go, 22 characters stay'
);

-- A new start on the connector. (The token has a session at the other charge point.)
update core.id_tokens set max_concurrent_transactions = 2 where id = 1002;
create temporary table second as
select pg_temp.start(jsonb_build_object('timestamp', tests.clock('60 s'), 'meterStart', 1500)) as reply;
select results_eq(
    $$ select s.state::text, s.hold_reason, s.ended_at, s.energy_wh::numeric, s.authorization_status
       from pg_temp.sessions as s
       where s.charge_point_id = 1001 and s.id_token = 'GWTOKEN2' order by s.started_at $$,
    $$ values
           ('presumed_ended', 'presumed_end', date_trunc('second', now()) + interval '60 s',
            null::numeric, 'Accepted'),
           ('active', null, null, 0, 'Accepted') $$,
    'rule R8: a new start presumes the end of the session before it, which then does not count '
    'as concurrent'
);
select isnt(
    (select s.reply ->> 'transactionId' from pg_temp.second as s),
    (select f.reply ->> 'transactionId' from pg_temp.first as f),
    'another start has another id'
);
select pg_temp.start(jsonb_build_object('timestamp', tests.clock('-3 days'), 'meterStart', 900));
select results_eq(
    $$ select s.meter_start_wh::numeric, s.state::text from pg_temp.sessions as s
       where s.charge_point_id = 1001 and s.id_token = 'GWTOKEN2' order by s.started_at $$,
    $$ values (900::numeric, 'active'), (1200, 'presumed_ended'), (1500, 'active') $$,
    'quirk 67: a start replayed days late does not end the session of today'
);

-- Clocks.
update ops.presence set boot_number = 1 where charge_point_id = 1001;
create function pg_temp.start_1970() returns text language sql as $$
    select pg_temp.start(
        '{"connectorId": 9, "idTag": "N1", "meterStart": 0, "timestamp": "1970-01-01T00:00:07Z"}'
    ) ->> 'transactionId';
$$;
create temporary table boots as
select 1 as boot, pg_temp.start_1970() as id union all select 1, pg_temp.start_1970();
update ops.presence set boot_number = 2 where charge_point_id = 1001;
insert into pg_temp.boots select 2, pg_temp.start_1970();
select results_eq(
    $$ select b.boot, count(distinct b.id) from pg_temp.boots as b group by 1
       union all select 0, count(distinct b.id) from pg_temp.boots as b order by 1 $$,
    $$ values (0, 2::bigint), (1, 1), (2, 1) $$,
    'quirk 59 and rule R3: two 1970 starts of two boots are two sessions, of one boot one'
);
select pg_temp.start(jsonb_build_object('connectorId', 11, 'timestamp', tests.clock('2 h'))),
    pg_temp.start(jsonb_build_object('connectorId', 12, 'timestamp', tests.clock('20 min')));
select results_eq(
    $$ select c.ocpp16_connector_id::integer, s.started_at = now(), s.flags
       from pg_temp.sessions as s
       inner join core.connectors as c on c.id = s.connector_id
       where c.ocpp16_connector_id in (11, 12) and c.charge_point_id = 1001
       order by 1 $$,
    $$ values (11, true, '{start_clock_off_whole_hours}'::text[]),
           (12, true, '{start_time_ahead}') $$,
    'quirk 58 and rule R10: a start ahead of its receipt is of its receipt, and flagged'
);
-- Two tenants.
update core.sessions set transaction_id = '4711'
where transaction_id = (select s.reply ->> 'transactionId' from pg_temp.second as s)
    and charge_point_id = 1001;
select pg_temp.start('{"connectorId": 1, "idTag": "BCTOKEN2"}', 2001);
update core.sessions set transaction_id = '4711' where tenant_id = 102 and state = 'active';
select results_eq(
    $$ select s.tenant_id, s.charge_point_id from core.sessions as s
       where s.transaction_id = '4711' order by 1 $$,
    $$ values (101::bigint, 1001::bigint), (102, 2001) $$,
    'rule R5: one transaction id may be of two tenants'
);
select is(
    (
        select count(distinct charging.create_transaction_id(101, 1001))
        from generate_series(1, 1000)
    ),
    1000::bigint, 'ids are drawn, not counted'
);

-- No clock: every session begins alike.
create temporary table alike (no integer, id text);
create function pg_temp.start_alike(p_timestamp text) returns text language sql as $$
    select pg_temp.start(jsonb_build_object(
        'connectorId', 13, 'idTag', 'ALIKE', 'meterStart', 0, 'timestamp', p_timestamp
    )) ->> 'transactionId';
$$;
create function pg_temp.stop_alike(p_id text, p_meter_stop integer) returns void language sql as $$
    select tests.call('StopTransaction', jsonb_build_object(
        'transactionId', p_id::integer, 'meterStop', p_meter_stop,
        'timestamp', '1970-01-01T00:00:00Z'
    ));
$$;
do $$
declare
    v_id text;
begin
    for v_no in 1 .. 3 loop
        v_id := pg_temp.start_alike('1970-01-01T00:00:00Z');
        insert into pg_temp.alike values (v_no, v_id);
        insert into pg_temp.alike values (v_no, pg_temp.start_alike('1970-01-01T00:00:00Z'));
        perform pg_temp.stop_alike(v_id, v_no * 100);
    end loop;
end;
$$;
select results_eq(
    $$ select a.no, count(distinct a.id), max(s.energy_wh)::numeric, max(s.hold_reason)
       from pg_temp.alike as a
       inner join pg_temp.sessions as s on s.charge_point_id = 1001 and s.transaction_id = a.id
       group by a.no order by 1 $$,
    $$ values (1, 1::bigint, 100::numeric, null::text), (2, 1, 200, null), (3, 1, 300, null) $$,
    'quirk 59: without a clock a start is known while its session runs, and is another after'
);
select is(
    (select count(*) from pg_temp.sessions as s where s.id_token = 'ALIKE'), 3::bigint,
    'three sessions are three'
);
-- A clock at its default date.
select tests.call('StopTransaction', jsonb_build_object(
    'transactionId', pg_temp.start(
        '{"connectorId": 14, "idTag": "DEFAULT", "meterStart": 0, "timestamp": "2016-01-01T00:00:10Z"}'
    ) -> 'transactionId',
    'meterStop', 900000000, 'timestamp', tests.clock()
));
select results_eq(
    $$ select s.flags, s.started_at = now(), s.hold_reason
       from pg_temp.sessions as s where s.id_token = 'DEFAULT' $$,
    $$ values ('{start_time_implausible}'::text[], true, 'impossible_power') $$,
    'rule R10: years of a clock that jumped do not explain energy'
);
update core.charge_points set registration_status = 'Pending' where id = 1002;
select pg_temp.start('{"connectorId": 9, "idTag": "GWTOKEN3", "meterStart": 5}', 1002);
update core.charge_points set registration_status = 'Accepted' where id = 1002;
select results_eq(
    $$ select s.authorization_status, s.authorization_reason, s.state::text
       from pg_temp.sessions as s where s.id_token = 'GWTOKEN3' $$,
    $$ values ('Invalid', 'charge_point_not_accepted', 'active') $$,
    'OCPP 1.6 §4.2: a start of a charge point that is not accepted is refused, and recorded'
);
select * from finish();
rollback;
