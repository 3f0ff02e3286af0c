-- Reservations: asking, the answers, using, cancelling and expiring them; operators and drivers.
begin;
select plan(64);

create function pg_temp.state(p_no integer)
returns text
language sql
as $$
    select concat_ws(' ', r.state, r.status_reported)
    from api.reservations as r
    where r.charge_point_id = 1001 and r.reservation_no = p_no;
$$;
grant execute on function pg_temp.state(integer) to public;

-- Asking ---------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.action, c.payload - 'expiryDate', c.payload ? 'expiryDate'
       from api.reserve_now('GW-CP-1', 1, 'GWTOKEN1', now() + interval '1 hour',
           'GWGROUP1') as c $$,
    $$ values ('ReserveNow', '{"connectorId": 1, "reservationId": 1, "idTag": "GWTOKEN1",
        "parentIdTag": "GWGROUP1"}'::jsonb, true) $$,
    'a connector is reserved for a token'
);
select results_eq(
    $$ select r.state, r.ocpp16_connector_id, r.id_token, r.id_token_id, r.parent_id_token,
           r.user_id, r.expires_at = date_trunc('second', now() + interval '1 hour'),
           r.command_id is not null
       from api.reservations as r where r.charge_point_id = 1001 $$,
    $$ select 'requested', 1::smallint, 'GWTOKEN1', 1001::bigint, 'GWGROUP1',
           tests.user_id_of('greenway.customer'), true, true $$,
    'the reservation is an object, of the driver whose token it is'
);
select throws_ok(
    $$ select api.reserve_now('GW-CP-1', 1, 'GWTOKEN3') $$, '23505', null,
    'a connector has one open reservation'
);
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.state(1), 'reserved Accepted', 'accepted, it is reserved');
select is(
    (select count(*) from api.reserve_now('GW-CP-1', null, 'GWTOKEN3')), 1::bigint,
    'any connector can be reserved beside it'
);
select is(tests.answer('{"status": "Occupied"}') -> 'connectorId', '0', 'as connector 0');
select is(pg_temp.state(2), 'rejected Occupied', 'what is occupied is not reserved');
select lives_ok($$ select api.reserve_now('GW-CP-1', 0, 'GWTOKEN3') $$, 'another');
select tests.answer('{"status": "Faulted"}');
select is(pg_temp.state(3), 'rejected Faulted', 'nor what is faulted');
select lives_ok($$ select api.reserve_now('GW-CP-1', 0, 'GWTOKEN3') $$, 'another');
select tests.answer('{"status": "Unavailable"}');
select is(pg_temp.state(4), 'rejected Unavailable', 'nor what is unavailable');
select lives_ok($$ select api.reserve_now('GW-CP-1', 0, 'GWTOKEN3') $$, 'another');
select tests.answer('{"status": "Rejected"}');
select is(pg_temp.state(5), 'rejected Rejected', 'nor where none are taken');
select lives_ok($$ select api.reserve_now('GW-CP-1', 0, 'GWTOKEN3') $$, 'another');
select tests.answer(null, p_outcome => 'error', p_error_code => 'NotSupported');
select is(pg_temp.state(6), 'rejected NotSupported', 'an error is a refusal');
select lives_ok($$ select api.reserve_now('GW-CP-1', 0, 'GWTOKEN3') $$, 'another');
select tests.answer(null, p_outcome => 'timeout');
select is(pg_temp.state(7), 'unknown Timeout', 'without an answer nobody knows');
select tests.answer_late(
    (select r.command_id from api.reservations as r where r.reservation_no = 7),
    '{"status": "Accepted"}'
);
select is(pg_temp.state(7), 'reserved Accepted', 'until it comes late');

-- Cancelling -----------------------------------------------------------------------------------

select results_eq(
    $$ select c.action, c.payload from api.cancel_reservation(
           (select r.id from api.reservations as r where r.reservation_no = 1)) as c $$,
    $$ values ('CancelReservation', '{"reservationId": 1}'::jsonb) $$, 'a reservation is cancelled'
);
select is(pg_temp.state(1), 'reserved Accepted', 'not before the charge point says so');
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.state(1), 'cancelled Accepted', 'but then');
select throws_ok(
    $$ select api.cancel_reservation(
           (select r.id from api.reservations as r where r.reservation_no = 1)) $$,
    'PT409', null, 'and once'
);
select lives_ok(
    $$ select api.cancel_reservation(
           (select r.id from api.reservations as r where r.reservation_no = 7)) $$, 'another'
);
select tests.answer('{"status": "Rejected"}');
select is(
    pg_temp.state(7), 'cancelled Rejected', 'one that the charge point does not have is over, too'
);
select lives_ok($$ select api.reserve_now('GW-CP-1', 1, 'GWTOKEN1') $$, 'one that waits');
select results_eq(
    $$ select c.action, c.state from api.cancel_reservation(
           (select r.id from api.reservations as r where r.reservation_no = 8)) as c $$,
    $$ values ('ReserveNow', 'cancelled') $$, 'is taken back before it is sent'
);
select is(pg_temp.state(8), 'cancelled', 'and so is over');
select throws_ok(
    $$ select api.cancel_reservation(2001) $$, 'PT404', null, 'another tenant''s is not there'
);

-- Using ----------------------------------------------------------------------------------------

select lives_ok($$ select api.reserve_now('GW-CP-1', 1, 'GWTOKEN1') $$, 'another');
select tests.answer('{"status": "Accepted"}');
select tests.act_as_owner();
select is(
    tests.call('StartTransaction', jsonb_build_object(
        'connectorId', 1, 'idTag', 'GWTOKEN1', 'meterStart', 0, 'timestamp', tests.clock(),
        'reservationId', 9)) #>> '{idTagInfo,status}',
    'Accepted', 'a session that names it'
);
select tests.act_as('greenway.operator');
select results_eq(
    $$ select r.state, s.reservation_id, s.state
       from api.reservations as r
       inner join api.charging_sessions as s on s.id = r.session_id
       where r.reservation_no = 9 $$,
    $$ values ('used', 9, 'active') $$, 'uses it'
);
select lives_ok(
    $$ select api.reserve_now('GW-CP-1', 0, 'GWTOKEN3', parent_id_token => 'gwgroup1') $$, 'a group'
);
select tests.answer('{"status": "Accepted"}');
select tests.act_as_owner();
select tests.call('StartTransaction', jsonb_build_object(
    'connectorId', 1, 'idTag', 'gwtoken1', 'meterStart', 5, 'timestamp', tests.clock('1 second')));
select tests.act_as('greenway.operator');
select is(
    pg_temp.state(10), 'used Accepted', 'a session of its group uses it without naming it'
);
select lives_ok($$ select api.reserve_now('GW-CP-1', 1, 'GWTOKEN3') $$, 'another');
select tests.answer('{"status": "Accepted"}');
select tests.act_as_owner();
select tests.call('StartTransaction', jsonb_build_object(
    'connectorId', 1, 'idTag', 'GWTOKEN2', 'meterStart', 6, 'timestamp', tests.clock('2 seconds')));
select tests.act_as('greenway.operator');
select is(pg_temp.state(11), 'reserved Accepted', 'somebody else''s does not');

select throws_like(
    $$ select api.reserve_now(evse_id => 'DE*GRW*E1001*1', connector => 9, id_token => 'X') $$,
    'the EVSE has no such connector', 'an EVSE has the connectors that it has'
);

-- What the connector says ----------------------------------------------------------------------

select tests.act_as_owner();
select tests.call('StatusNotification', jsonb_build_object(
    'connectorId', 1, 'status', 'Faulted', 'errorCode', 'GroundFailure',
    'timestamp', tests.clock('3 seconds')));
select tests.act_as('greenway.operator');
select is(pg_temp.state(11), 'cancelled Faulted', 'a fault ends a reservation');
select lives_ok($$ select api.reserve_now('GW-CP-1', 1, 'GWTOKEN3') $$, 'another');
select tests.answer(null, p_outcome => 'timeout');
select tests.act_as_owner();
select tests.call('StatusNotification', jsonb_build_object(
    'connectorId', 1, 'status', 'Reserved', 'errorCode', 'NoError',
    'timestamp', tests.clock('4 seconds')));
select tests.act_as('greenway.operator');
select is(pg_temp.state(12), 'reserved Reserved', 'Reserved tells what no answer told');

-- Expiring -------------------------------------------------------------------------------------

select tests.act_as_owner();
update core.reservations set expires_at = now() - interval '1 second'
where charge_point_id = 1001 and reservation_no = 12;
select tests.act_as_login('jobs');
select is(jobs.expire_reservations(), 'ended 1 reservations', 'a job ends what is past its time');
select is(jobs.expire_reservations(), '', 'once');
select tests.act_as('greenway.operator');
select is(pg_temp.state(12), 'expired Reserved', 'so that it has expired');
select lives_ok($$ select api.reserve_now('GW-CP-1', 1, 'GWTOKEN3') $$, 'another');
select tests.answer('{"status": "Accepted"}');
select tests.act_as_owner();
update core.reservations set expires_at = now() - interval '1 second'
where charge_point_id = 1001 and reservation_no = 13;
select tests.act_as('greenway.operator');
select lives_ok(
    $$ select api.reserve_now('GW-CP-1', 1, 'GWTOKEN3') $$,
    'and makes room before the job has come by'
);

-- What is refused ------------------------------------------------------------------------------

select throws_ok(
    $$ select api.reserve_now('GW-CP-1', 9, 'GWTOKEN3') $$, 'PT404', null,
    'a connector that there is not'
);
select throws_ok(
    $$ select api.reserve_now('GW-CP-1', 0, 'GWTOKEN3', now() - interval '1 hour') $$, 'PT400',
    null, 'a time that has passed'
);
select throws_ok(
    $$ select api.reserve_now('GW-CP-1', 0) $$, 'PT400', null, 'a token is needed'
);
select throws_ok(
    $$ select api.reserve_now('GW-CP-2', 0, 'GWTOKEN3') $$, 'PT409', null,
    'a charge point that is away'
);
select throws_ok(
    $$ select api.reserve_now('BC-CP-1', 0, 'GWTOKEN3') $$, 'PT404', null,
    'another tenant''s charge point'
);
select throws_ok(
    $$ select api.send_command('ReserveNow', jsonb_build_object('connectorId', 0, 'idTag', 'X',
       'expiryDate', tests.clock('1 hour'), 'reservationId', 9), 'GW-CP-1') $$,
    'PT409', null, 'a number that was used'
);
select tests.act_as_owner();
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values (101, 1001, 'ReserveConnectorZeroSupported', 'false', now());
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.reserve_now('GW-CP-1', 0, 'GWTOKEN3') $$, 'PT409', null,
    'any connector, where the charge point reserves single ones'
);
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.reserve_now('GW-CP-1', 1, 'GWTOKEN3') $$, 'PT403', null, 'it takes a permission'
);
select throws_ok(
    $$ select api.cancel_reservation(1001) $$, 'PT403', null, 'and so does cancelling'
);

-- Drivers --------------------------------------------------------------------------------------

select tests.act_as_owner();
delete from ops.commands where charge_point_id = 1001 and state = 'queued';
delete from core.reservations where charge_point_id = 1001;
update core.connectors set status = 'Available' where tenant_id = 101;
select tests.act_as('greenway.customer');
select results_eq(
    $$ select c.payload ->> 'idTag', c.payload -> 'connectorId', c.requested_via, c.requested_by
       from api.reserve_now(evse_id => 'de*grw*e1001*1') as c $$,
    $$ select 'GWTOKEN1', '1'::jsonb, 'driver', tests.user_id_of('greenway.customer') $$,
    'a driver reserves where their token may charge'
);
select throws_ok(
    $$ select api.reserve_now(evse_id => 'DE*GRW*E1001*1') $$, 'PT409', null, 'one at a time'
);
select is(
    (select count(*) from api.reservations as r where r.state = 'requested'), 1::bigint,
    'and sees it'
);
select throws_ok(
    $$ select api.reserve_now(charge_point => 'GW-CP-1') $$, 'PT400', null,
    'a driver knows no identities'
);
select throws_ok(
    $$ select api.reserve_now(evse_id => 'NL*BLU*E2001*1') $$, 'PT404', null,
    'nor another tenant''s EVSEs'
);
select throws_ok(
    $$ select api.reserve_now(evse_id => 'DE*GRW*E1001*1', id_token => 'GWTOKEN2') $$,
    'PT404', null, 'nor somebody else''s token'
);
select throws_ok(
    $$ select api.reserve_now(evse_id => 'DE*GRW*E1002*1') $$, 'PT403', null,
    'nor goes where the token may not charge'
);
select throws_ok(
    $$ select api.reserve_now(evse_id => 'DE*GRW*E1001*1',
       expires_at => now() + interval '2 hours') $$,
    'PT400', null, 'nor for longer than drivers may'
);
select tests.act_as('greenway.driver2');
select throws_ok(
    $$ select api.cancel_reservation(1001) $$, 'PT404', null, 'somebody else''s is not there'
);
select is(
    (select count(*) from api.reservations as r where r.state = 'requested'), 0::bigint,
    'and not to be seen'
);
select tests.answer('{"status": "Accepted"}');
select tests.act_as('greenway.customer');
select results_eq(
    $$ select c.action, c.requested_via from api.cancel_reservation(
           (select r.id from api.reservations as r where r.state = 'reserved')) as c $$,
    $$ values ('CancelReservation', 'driver') $$, 'a driver cancels their own'
);

select * from finish();
rollback;
