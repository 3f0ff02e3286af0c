-- StatusNotification: the present state, its history, and what it tells of the session.
begin;
select plan(16);
select tests.act_as_owner();

create function pg_temp.say(
    p_connector_id integer,
    p_status text,
    p_while interval,
    p_error_code text default 'NoError'
)
returns jsonb language sql as $$
    select tests.call('StatusNotification', jsonb_build_object(
        'connectorId', p_connector_id, 'status', p_status, 'errorCode', p_error_code,
        'timestamp', tests.clock(p_while)
    ));
$$;
create view pg_temp.history as
select
    h.ocpp16_connector_id::integer as connector, h.status, h.error_code,
    extract(epoch from h.reported_at - date_trunc('second', now()))::integer as at_s
from core.connector_status_changes as h
where h.charge_point_id = 1001 and h.ocpp16_connector_id in (0, 2)
order by h.ocpp16_connector_id, h.reported_at, h.id;
create view pg_temp.present as
select
    c.status, c.error_code,
    extract(epoch from c.status_at - date_trunc('second', now()))::integer as at_s
from core.connectors as c
where c.charge_point_id = 1001 and c.ocpp16_connector_id = 2;

select is(pg_temp.say(2, 'Available', '-60 s'), '{}', 'the answer is empty');
select pg_temp.say(2, 'Preparing', '-50 s');
select pg_temp.say(2, 'Charging', '-30 s');
-- Late, repeated, and repeated with a newer time.
select pg_temp.say(2, 'SuspendedEV', '-40 s');
select pg_temp.say(2, 'Preparing', '-50 s');
select pg_temp.say(2, 'Charging', '-20 s');
select results_eq(
    'select * from pg_temp.present', $$ values ('Charging', 'NoError', -30) $$,
    'an older state does not overwrite a newer one, and status_at says since when'
);
select results_eq(
    'select * from pg_temp.history',
    $$ values (2, 'Available', 'NoError', -60), (2, 'Preparing', 'NoError', -50),
           (2, 'SuspendedEV', 'NoError', -40), (2, 'Charging', 'NoError', -30) $$,
    'the history has each change once, the late one included'
);
select pg_temp.say(2, 'Faulted', '-10 s', 'Error'), pg_temp.say(2, 'On Fire', '-5 s', 'Error');
select results_eq(
    'select * from pg_temp.present', $$ values ('On Fire', 'Error', -5) $$,
    'quirk 51: unknown states and error codes are kept as text'
);

select pg_temp.say(0, 'Available', '-60 s'), pg_temp.say(0, 'Unavailable', '-50 s'),
    pg_temp.say(0, 'Unavailable', '-40 s'), pg_temp.say(0, 'Available', '-60 s');
select results_eq(
    'select * from pg_temp.history where connector = 0',
    $$ values (0, 'Available', 'NoError', -60), (0, 'Unavailable', 'NoError', -50) $$,
    'quirk 60: connector 0 is the charge point itself and has a history, but is no connector'
);
select is(
    (select count(*) from core.connectors as c where c.charge_point_id = 1001), 2::bigint,
    'connector 2 was made, and no connector 0'
);

prepare without_connector as
select tests.call('StatusNotification', '{"status": "Available", "errorCode": "NoError"}');
prepare absurd_connector as
select tests.call('StatusNotification', '{"connectorId": 5000, "status": "Available"}');
select throws_ok('without_connector', 'OCPP1', 'connectorId is required');
select throws_ok('absurd_connector', 'OCPP1', 'connectorId is not usable');

-- Sessions: 2 minutes ago one began on connector 2.
select tests.call('StartTransaction', jsonb_build_object(
    'connectorId', 2, 'idTag', 'GWTOKEN2', 'meterStart', 100, 'timestamp', tests.clock('-2 min')
));
create view pg_temp.session as
select s.state::text, s.charging_state::text, s.hold_reason,
    array(
        select e.event || coalesce(' ' || (e.details ->> 'charging_state'), '')
        from core.session_events as e
        where e.tenant_id = s.tenant_id and e.session_id = s.id
        order by e.id
    ) as events
from core.sessions as s
where s.id_token = 'GWTOKEN2' and s.charge_point_id = 1001;
select pg_temp.say(2, 'Charging', '0 s'), pg_temp.say(2, 'Charging', '1 s'),
    pg_temp.say(2, 'SuspendedEVSE', '2 s'), pg_temp.say(2, 'Finishing', '3 s');
select results_eq(
    'select * from pg_temp.session',
    $$ values ('active', 'SuspendedEVSE', null::text,
           '{started,charging_state_changed Charging,charging_state_changed SuspendedEVSE}'::text[]) $$,
    'Charging and Suspended are the session''s charging state; Finishing leaves it be'
);
select pg_temp.say(2, 'Available', '-5 min');
select results_eq(
    'select s.state::text from pg_temp.session as s', $$ values ('active') $$,
    'an Available of before the session says nothing of it'
);
select pg_temp.say(2, 'Available', '10 s');
select pg_temp.say(2, 'Available', '10 s');
select results_eq(
    'select s.state::text, s.hold_reason, s.events[4:] from pg_temp.session as s',
    $$ values ('presumed_ended', 'presumed_end', '{presumed_by_available}'::text[]) $$,
    'rule R8: Available presumes the end, once, and holds the session'
);
select tests.call('StatusNotification', '{"connectorId": "2", "errorCode": "NoError"}');
select results_eq(
    $$ select c.status, c.status_at from core.connectors as c
       where c.charge_point_id = 1001 and c.ocpp16_connector_id = 2 $$,
    $$ select 'Available', date_trunc('second', now()) + interval '10 s' $$,
    'a state without a time is of its receipt, and late against a newer one'
);
select tests.call('StatusNotification', jsonb_build_object(
    'connectorId', 1, 'status', 'Faulted', 'timestamp', '1970-01-01T00:00:00Z',
    'info', repeat('x', 3000), 'vendorErrorCode', 17
));
select results_eq(
    $$ select c.status, c.status_at, length(c.error_info), c.vendor_error_code
       from core.connectors as c where c.id = 1001 $$,
    $$ values ('Faulted', now(), 500, '17') $$,
    'quirk 59: a state of 1970 is of its receipt; 500 characters of a text are kept'
);
select pg_temp.say(2, 'Available', '-1 s');
select tests.call('StatusNotification', jsonb_build_object(
    'connectorId', 2, 'status', 'Faulted', 'errorCode', 'GroundFailure',
    'timestamp', '2016-03-01T00:00:00Z'
), 1001, date_trunc('second', now()) + interval '20 s');
select results_eq(
    'select * from pg_temp.present', $$ values ('Faulted', 'GroundFailure', 20) $$,
    'a clock that was set back by years does not hide a fault'
);

-- Connectors of numbers that are not made any more.
insert into core.charge_points (tenant_id, id, site_id, identity)
overriding system value
select cp.tenant_id, 1999, cp.site_id, 'INVENTIVE' from core.charge_points as cp where cp.id = 1001;
select fleet.ensure_connector(101, 1999, n) from generate_series(1, 64) as n;
select tests.call('StatusNotification', jsonb_build_object(
    'connectorId', 65, 'status', v.status, 'timestamp', tests.clock(make_interval(secs => v.s))
), 1999)
from (values ('Available', -60), ('Charging', -50), ('Charging', -40), ('Available', -60))
    as v (status, s);
select results_eq(
    $$ select h.ocpp16_connector_id::integer, h.status from core.connector_status_changes as h
       where h.charge_point_id = 1999 order by h.id $$,
    $$ values (65, 'Available'), (65, 'Charging') $$,
    'they have a history of their own'
);
select is(
    (select count(*) from core.connectors as c where c.charge_point_id = 1999), 64::bigint,
    'and no row'
);
select * from finish();
rollback;
