-- Alarms: one open row a charge point and kind, seen and ended by those who may.
begin;
select plan(22);
select tests.act_as_owner();
delete from core.alarms;

-- Raising and clearing ------------------------------------------------------------------------

select fleet.raise_alarm(101, 1001, 'flapping', 'warning', 'first', '{"n": 1}');
select fleet.raise_alarm(101, 1001, 'flapping', 'critical', 'second', '{"n": 2}');
select fleet.raise_alarm(101, 1001, 'flapping', 'info', 'third', null);
select fleet.raise_alarm(101, 1001, 'tampered', 'info', repeat('x', 600), null);
select fleet.raise_alarm(101, 1002, 'flapping', 'info', 'another charger', null);
select fleet.raise_alarm(101, null, 'ca_failing', 'info', 'a tenant', null);
select fleet.raise_alarm(101, null, 'ca_failing', 'warning', 'the same tenant', null);
select fleet.raise_alarm(102, 2001, 'flapping', 'info', 'another tenant', null);
select results_eq(
    $$ select a.charge_point_id, a.kind, a.severity, a.message, a.details, a.occurrences
       from core.alarms as a where a.tenant_id = 101 and a.kind <> 'tampered'
       order by a.charge_point_id nulls last, a.kind $$,
    $$ values
        (1001::bigint, 'flapping', 'critical', 'third', '{}'::jsonb, 3::bigint),
        (1002, 'flapping', 'info', 'another charger', '{}', 1),
        (null, 'ca_failing', 'warning', 'the same tenant', '{}', 2) $$,
    'what recurs counts on one row, with its latest words and its highest severity'
);
select is(
    (select length(a.message) from core.alarms as a where a.kind = 'tampered'), 500,
    'a message is cut'
);
select throws_ok(
    $$ select fleet.raise_alarm(101, 1001, 'x', 'urgent', 'x', null) $$, '23514', null,
    'there are three severities'
);
select fleet.clear_alarm(101, 1001, 'flapping');
select fleet.clear_alarm(101, null, 'ca_failing');
select fleet.clear_alarm(101, 1001, 'never_raised');
select results_eq(
    $$ select a.charge_point_id, a.kind from core.alarms as a
       where a.tenant_id = 101 and a.cleared_at is not null order by a.kind $$,
    $$ values (null::bigint, 'ca_failing'), (1001, 'flapping') $$,
    'clearing ends the one of that charge point and kind'
);
select fleet.raise_alarm(101, 1001, 'flapping', 'info', 'again', null);
select results_eq(
    $$ select a.severity, a.occurrences, a.cleared_at is null from core.alarms as a
       where a.charge_point_id = 1001 and a.kind = 'flapping' order by a.id $$,
    $$ values ('critical', 3::bigint, false), ('info', 1, true) $$,
    'afterwards it is a new one'
);

-- Who sees and decides -------------------------------------------------------------------------

create function pg_temp.alarm_of(p_charge_point_id bigint) returns bigint language sql as $$
    select a.id from core.alarms as a
    where a.charge_point_id = p_charge_point_id and a.kind = 'flapping' and a.cleared_at is null
$$;
select set_config('tests.own', pg_temp.alarm_of(1001)::text, true);
select set_config('tests.own2', pg_temp.alarm_of(1002)::text, true);
select set_config('tests.other', pg_temp.alarm_of(2001)::text, true);

select tests.act_as('greenway.viewer');
select set_eq(
    $$ select distinct a.tenant_id from api.alarms as a $$, array[101::bigint],
    'staff see their tenant''s'
);
select tests.act_as('greenway.customer');
select throws_ok($$ select from api.alarms $$, '42501', null, 'drivers see none');
select throws_ok($$ select api.clear_alarm(1) $$, '42501', null, 'and decide on none');
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.acknowledge_alarm(current_setting('tests.own')::bigint) $$, 'PT403', null,
    'acknowledging takes the permission'
);
select throws_ok(
    $$ select api.clear_alarm(current_setting('tests.own')::bigint) $$, 'PT403', null,
    'and so does clearing'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.acknowledge_alarm(current_setting('tests.other')::bigint) $$, 'PT404',
    'there is no such alarm', 'another tenant''s does not exist'
);
select throws_ok(
    $$ select api.clear_alarm(current_setting('tests.other')::bigint) $$, 'PT404', null,
    'not to be cleared either'
);
select results_eq(
    $$ select a.acknowledged_by, a.acknowledged_at is not null, a.cleared_at
       from api.acknowledge_alarm(current_setting('tests.own')::bigint) as a $$,
    $$ values (tests.user_id_of('greenway.operator'), true, null::timestamptz) $$,
    'an operator acknowledges, and the alarm stays open'
);
select tests.act_as('greenway.admin');
select is(
    (
        select a.acknowledged_by
        from api.acknowledge_alarm(current_setting('tests.own')::bigint) as a
    ),
    tests.user_id_of('greenway.operator'), 'the first one stays'
);
select results_eq(
    $$ select a.acknowledged_by, a.cleared_at is not null
       from api.clear_alarm(current_setting('tests.own')::bigint) as a $$,
    $$ values (tests.user_id_of('greenway.operator'), true) $$, 'clearing keeps who saw it'
);
select is(
    (select a.acknowledged_by from api.clear_alarm(current_setting('tests.own2')::bigint) as a),
    tests.user_id_of('greenway.admin'), 'or is taken as having seen it'
);
select is(
    (select count(*) from api.clear_alarm(current_setting('tests.own2')::bigint)), 1::bigint,
    'clearing twice is no error'
);
select tests.act_as('greenway.platform_admin');
select is(
    (select a.tenant_id from api.acknowledge_alarm(current_setting('tests.other')::bigint) as a),
    102::bigint, 'the platform decides on any'
);
select tests.act_as_owner();
select results_eq(
    $$ select l.new_values ? 'acknowledged_at', l.new_values ? 'cleared_at'
       from core.audit_log as l where l.table_name = 'core.alarms' and l.tenant_id = 101
       order by l.id $$,
    $$ values (true, false), (false, true), (true, true) $$,
    'the audit says what people did, and nothing of what happened by itself'
);
select is(
    (select count(*) from core.alarms as a where a.tenant_id = 102 and a.cleared_at is null),
    1::bigint, 'the other tenant''s is as it was'
);
select throws_ok(
    $$ insert into core.alarms (tenant_id, charge_point_id, kind, severity, message)
       values (101, 2001, 'x', 'info', 'x') $$,
    '23503', null, 'an alarm cannot be about another tenant''s charge point'
);
select is(
    (select count(*) from core.alarms as a where a.charge_point_id = 1001 and a.cleared_at is null),
    1::bigint, 'what nobody decided on is open'
);

select * from finish();
rollback;
