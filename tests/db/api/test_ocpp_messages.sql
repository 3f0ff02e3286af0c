-- The message log, the connection log, job runs and health, as the API shows them.
begin;
select plan(44);
select tests.act_as_owner();
delete from ops.message_log;
insert into ops.message_log (
    tenant_id, charge_point_id, connection_id, received_at, direction, message_type, message_id,
    action, payload, error_code
)
select
    v.tenant_id, v.charge_point_id, v.connection_id, now() - make_interval(mins => v.minutes),
    v.direction, v.message_type, v.message_id, v.action, v.payload, v.error_code
from (
    values
        (101, 1001, 1, 3, 'in', 2, 'm1', 'Authorize', '{"idTag":"Abc_%1"}', null),
        (101, 1001, 1, 3, 'out', 3, 'm1', 'Authorize', '{"idTagInfo":{}}', null),
        (101, 1002, 2, 2, 'in', null, null, null, '[2,garbage', null),
        (101, 1002, 2, 1, 'out', 4, '-1', null, '"why"', 'FormationViolation'),
        (102, 2001, 3, 1, 'in', 2, 'm1', 'Authorize', '{"idTag":"Abc_%1"}', null)
) as v (
    tenant_id, charge_point_id, connection_id, minutes, direction, message_type, message_id,
    action, payload, error_code
);

-- The view ---------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select m.tenant_id, m.charge_point_id, m.charge_point_identity, m.connection_id,
           m.direction, m.message_type, m.message_id, m.action, m.payload, m.error_code
       from api.ocpp_messages as m order by m.id $$,
    $$ values
        (101::bigint, 1001::bigint, 'GW-CP-1', 1::bigint, 'in', 'CALL', 'm1', 'Authorize',
            '{"idTag":"Abc_%1"}', null),
        (101, 1001, 'GW-CP-1', 1, 'out', 'CALLRESULT', 'm1', 'Authorize', '{"idTagInfo":{}}',
            null),
        (101, 1002, 'GW-CP-2', 2, 'in', null, null, null, '[2,garbage', null),
        (101, 1002, 'GW-CP-2', 2, 'out', 'CALLERROR', '-1', null, '"why"', 'FormationViolation')
    $$, 'an operator sees the frames of their tenant'
);
select tests.act_as('bluecharge.operator');
select results_eq(
    $$ select m.charge_point_identity from api.ocpp_messages as m $$, array['BC-CP-1'],
    'the other tenant''s operator theirs'
);
select tests.act_as('greenway.platform_admin');
select is(
    (select count(*) from api.ocpp_messages as m), 5::bigint, 'a platform admin sees all'
);
select tests.act_as('greenway.viewer');
select is_empty(
    $$ select from api.ocpp_messages $$, 'staff without messages.read see none'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select from api.ocpp_messages $$, '42501', null, 'a driver may not ask'
);
select tests.act_as_anonymous();
select throws_ok(
    $$ select from api.ocpp_messages $$, '42501', null, 'nor a stranger'
);
select tests.act_as(p.persona)
from (values ('greenway.admin')) as p (persona);
select throws_ok(v.statement, v.code, null, v.description)
from (
    values
        (
            'insert into api.ocpp_messages (tenant_id, charge_point_id, connection_id, received_at,
             direction, payload) values (101, 1001, 1, now(), ''in'', ''{}'')',
            '42501', 'nobody writes a frame'
        ),
        ('update api.ocpp_messages set payload = ''''', '42501', 'changes one'),
        ('delete from api.ocpp_messages', '42501', 'or deletes one'),
        ('select from ops.failed_messages', '42501', 'messages that failed are not exposed')
) as v (statement, code, description);

-- Search -----------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select m.direction, m.message_type
       from api.search_ocpp_messages(now() - interval '1 hour', charge_point_id => 1001) as m $$,
    $$ values ('out', 'CALLRESULT'), ('in', 'CALL') $$,
    'a search by charge point, the newest first'
);
select results_eq(
    $$ select m.* from api.search_ocpp_messages(now() - interval '1 hour') as m
       order by m.id $$,
    $$ select m.* from api.ocpp_messages as m order by m.id $$,
    'without a filter it shows what the view shows: the tenant''s frames only'
);
select is(
    (select count(*) from api.search_ocpp_messages(
        now() - interval '1 hour', now(), v.charge_point_id, v.text, v.action, v.direction,
        v.message_id
    )), v.found, v.description
)
from (
    values
        (null, 'aBC_%1', null, null, null, 1::bigint, 'text is found whatever its case'),
        (null, 'Abc__1', null, null, null, 0, 'it is text, no pattern'),
        (null, '', null, null, null, 4, 'an empty text is no filter'),
        (null, null, 'Authorize', null, null, 2, 'by action'),
        (null, null, null, 'out', null, 2, 'by direction'),
        (null, null, null, null, 'm1', 2, 'by message id'),
        (1001, 'idTag', 'Authorize', 'in', 'm1', 1, 'by everything'),
        (1002, null, 'Authorize', null, null, 0, 'by what does not fit together'),
        (null, ''' or true --', null, null, null, 0, 'a quote is a character')
) as v (charge_point_id, text, action, direction, message_id, found, description);
select is(
    (
        select count(*) from api.search_ocpp_messages(
            now() - interval '150 seconds', now() - interval '90 seconds'
        )
    ), 1::bigint, 'by time'
);
select is(
    (select count(*) from api.search_ocpp_messages(now() - interval '1 hour', max_rows => 3)),
    3::bigint, 'as many as were asked for'
);
select throws_ok(
    $$ select api.search_ocpp_messages(now() - interval '1 hour', charge_point_id => 2001) $$,
    'PT404', 'there is no such charge point', 'another tenant''s charge point is unknown'
);
select throws_ok(
    $$ select api.search_ocpp_messages(now() - interval '1 hour', charge_point_id => 999) $$,
    'PT404', 'there is no such charge point', 'as is one that does not exist'
);
select throws_ok(v.statement, 'PT400', null, v.description)
from (
    values
        ('select api.search_ocpp_messages(null)', 'a beginning is required'),
        ('select api.search_ocpp_messages(now(), now())', 'a range is not empty'),
        ('select api.search_ocpp_messages(now() - interval ''32 days'')', 'nor endless'),
        ('select api.search_ocpp_messages(''-infinity'', now())', 'nor infinite'),
        ('select api.search_ocpp_messages(now(), ''infinity'')', 'at neither end'),
        ('select api.search_ocpp_messages(now() - interval ''1 hour'', max_rows => 1001)',
            'a page is not endless'),
        ('select api.search_ocpp_messages(now() - interval ''1 hour'', max_rows => null)',
            'nor unknown')
) as v (statement, description);
select tests.act_as('greenway.platform_admin');
select is(
    (select count(*) from api.search_ocpp_messages(now() - interval '1 hour')), 5::bigint,
    'a platform admin searches all tenants'
);
select is(
    (
        select count(*)
        from api.search_ocpp_messages(now() - interval '1 hour', charge_point_id => 2001)
    ), 1::bigint, 'or one charge point of any'
);
select tests.act_as('greenway.viewer');
select throws_ok(
    $$ select api.search_ocpp_messages(now() - interval '1 hour') $$, 'PT403', null,
    'without messages.read nobody searches'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select api.search_ocpp_messages(now() - interval '1 hour') $$, '42501', null,
    'drivers may not'
);

-- A hundred megabytes to read, and a fifth of a second to do it.
select tests.act_as_owner();
insert into ops.message_log (
    tenant_id, charge_point_id, connection_id, received_at, direction, payload
)
select 101, 1001, 1, now() - interval '5 minutes', 'in', repeat('"value" : "1",', 7000)
from generate_series(1, 3000);
select tests.act_as('greenway.operator');
set local statement_timeout = '200ms';
select throws_ok(
    $$ select api.search_ocpp_messages(now() - interval '1 hour', text => 'nowhere') $$,
    'PT400', 'the search takes too long', 'a search that takes too long says what would help'
);
set local statement_timeout = 0;

-- The connection log ---------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.tenant_id, c.charge_point_id, c.outcome, c.closed_at is null
       from api.connection_log as c $$,
    $$ values (101::bigint, 1001::bigint, 'accepted', true) $$,
    'an operator sees the connections of their tenant'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select c.outcome from api.connection_log as c $$, '42501', null, 'a driver none'
);
select tests.act_as('greenway.admin');
select throws_ok(
    $$ delete from api.connection_log $$, '42501', null, 'nobody changes the connection log'
);

-- Job runs and health ---------------------------------------------------------------------------

select throws_ok($$ select from api.job_runs $$, '42501', null, 'tenants do not see jobs');
select tests.act_as('greenway.platform_admin');
select isnt_empty($$ select r.job from api.job_runs as r $$, 'platform admins do');
select throws_ok(
    $$ delete from api.job_runs $$, '42501', null, 'and cannot change what ran'
);
select tests.act_as_anonymous();
select is(api.health() - 'time', '{"status": "ok"}', 'anybody may ask whether we are well');
select * from finish();
rollback;
