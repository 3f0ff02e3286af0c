-- Security events: kept once, within bounds, with the alarm that their type asks for.
begin;
select plan(17);
select tests.act_as_owner();
delete from core.security_events;
delete from core.alarms;

create function pg_temp.report(
    p_type text,
    p_time text default tests.clock(),
    p_tech_info text default null,
    p_charge_point_id bigint default 1001
)
returns jsonb
language sql
as $$
    select tests.call(
        'SecurityEventNotification', jsonb_strip_nulls(
            jsonb_build_object('type', p_type, 'timestamp', p_time, 'techInfo', p_tech_info)
        ), p_charge_point_id
    )
$$;

select is(pg_temp.report('TamperDetectionActivated', p_tech_info => 'door'), '{}', 'acknowledged');
select is(
    pg_temp.report('TamperDetectionActivated', p_tech_info => 'door'), '{}',
    'once more when it is repeated'
);
select results_eq(
    $$ select e.tenant_id, e.charge_point_id, e.type, e.is_critical, e.tech_info,
           e.happened_at = date_trunc('second', now()), e.happened_at_reported
       from core.security_events as e $$,
    $$ values (101::bigint, 1001::bigint, 'TamperDetectionActivated', true, 'door', true,
        tests.clock()) $$,
    'and kept once'
);
select results_eq(
    $$ select a.charge_point_id, a.kind, a.severity, a.occurrences from core.alarms as a $$,
    $$ values (1001::bigint, 'security_tampered', 'critical', 1::bigint) $$, 'with one alarm'
);
select pg_temp.report('TamperDetectionActivated', p_tech_info => 'lid');
select pg_temp.report('TamperDetectionActivated', tests.clock('-1 minute'), 'door');
select pg_temp.report('TamperDetectionActivated', tests.clock(), 'door', 2001);
select is(
    (select count(*) from core.security_events), 4::bigint,
    'another text, another time and another charger make another event'
);
select is(
    (select a.occurrences from core.alarms as a where a.charge_point_id = 1001), 3::bigint,
    'which the alarm counts'
);
select pg_temp.report('resetORreboot');
select pg_temp.report('InvalidMessages');
select pg_temp.report('VendorDoorOpened');
select results_eq(
    $$ select e.type, e.is_critical from core.security_events as e
       where e.type <> 'TamperDetectionActivated' order by e.id $$,
    $$ values ('ResetOrReboot', true), ('InvalidMessages', false), ('VendorDoorOpened', false) $$,
    'types are known in any case, others are kept as they are'
);
select is(
    (
        select array_agg(a.kind order by a.kind) from core.alarms as a
        where a.charge_point_id = 1001
    ), '{security_reset,security_tampered}', 'what is no reason to look raises nothing'
);

-- Without a clock ----------------------------------------------------------------------------

update ops.presence as p set boot_number = 7 where p.charge_point_id = 1001;
select pg_temp.report('MemoryExhaustion', '1970-01-01T00:00:05Z');
select pg_temp.report('MemoryExhaustion', '1970-01-01T00:00:05Z');
update ops.presence as p set boot_number = 8 where p.charge_point_id = 1001;
select pg_temp.report('MemoryExhaustion', '1970-01-01T00:00:05Z');
select results_eq(
    $$ select e.happened_at = e.received_at, e.happened_at_reported
       from core.security_events as e where e.type = 'MemoryExhaustion' $$,
    $$ values (true, '1970-01-01T00:00:05Z'), (true, '1970-01-01T00:00:05Z') $$,
    'the same impossible time after another boot is another event'
);

-- Bounds --------------------------------------------------------------------------------------

select throws_ok(
    $$ select tests.call('SecurityEventNotification', '{"timestamp": "x"}') $$, 'OCPP1',
    null, 'an event without a type is none'
);
select is(pg_temp.report(repeat('x', 5000), p_tech_info => repeat('y', 5000)), '{}', 'long texts');
select is(
    (
        select array[length(e.type), length(e.tech_info)] from core.security_events as e
        where e.type like 'xx%'
    ), '{100,1000}', 'are cut'
);
update ops.settings as s set value = '3' where s.name = 'fleet.max_security_events';
delete from core.security_events;
delete from ops.charge_point_volumes;
select is(
    (
        select count(pg_temp.report('Noise', tests.clock(make_interval(secs => n))))
        from generate_series(1, 6) as n
    ), 6::bigint, 'beyond so many a day they are acknowledged all the same'
);
select is((select count(*) from core.security_events), 3::bigint, 'but not kept');
select is(
    (select a.occurrences from core.alarms as a where a.kind = 'too_many_security_events'),
    1::bigint, 'which an alarm says, once'
);
select pg_temp.report('Noise', tests.clock(interval '1 second'));
select is(
    (select v.amount from ops.charge_point_volumes as v where v.kind = 'security_events'),
    6::bigint, 'one that is known does not count'
);
update ops.charge_point_volumes as v set counted_since = now() - interval '25 hours';
select pg_temp.report('Noise', tests.clock('1 minute'));
select is((select count(*) from core.security_events), 4::bigint, 'the next day has its own');

select * from finish();
rollback;
