-- Events: written with what happened, once, and read by whom they concern.
begin;
select plan(16);

select tests.act_as_owner();
delete from core.events;
create function pg_temp.told() returns table (type text, object_id bigint) language sql as $$
    with gone as (delete from core.events returning id, type, object_id)
    select g.type, g.object_id from gone as g order by g.id
$$;
update core.sessions as s set power_w = 7000 where s.tenant_id = 101 and s.id = 1001;
select is_empty($$ select * from pg_temp.told() $$, 'a reading is no event');
insert into core.sessions (
    tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, started_at
)
overriding system value
values (101, 1900, 1001, '1.6', '1900', 'start 1900', 'active', now());
select results_eq(
    $$ select * from pg_temp.told() $$, $$ values ('session.started', 1900::bigint) $$,
    'a session begins'
);
update core.sessions as s set state = 'presumed_ended', ended_at = now()
where s.tenant_id = 101 and s.id = 1900;
select results_eq(
    $$ select * from pg_temp.told() where type like 'session.%' $$,
    $$ values ('session.ended', 1900::bigint) $$, 'and ends'
);
update core.sessions as s set state = 'ended' where s.tenant_id = 101 and s.id = 1900;
select is_empty(
    $$ select * from pg_temp.told() where type like 'session.%' $$, 'which is told once'
);
update core.transactions as t
set state = 'held', hold_reasons = '{negative_energy}', held_at = now()
where t.tenant_id = 101 and t.session_id = 1001;
update core.transactions as t
set state = 'priced', hold_reasons = null, hold_details = null, held_at = null
where t.tenant_id = 101 and t.session_id = 1001;
update core.transactions as t set updated_at = now()
where t.tenant_id = 101 and t.session_id = 1001;
select results_eq(
    $$ select t.type from pg_temp.told() as t $$,
    array['transaction.held', 'transaction.priced'], 'a transaction is held, and has its price'
);
update core.connectors as c set status = 'Available' where c.tenant_id = 101 and c.id = 1001;
update core.connectors as c set status = 'Faulted' where c.tenant_id = 101 and c.id = 1001;
update core.connectors as c set error_code = 'GroundFailure'
where c.tenant_id = 101 and c.id = 1001;
select results_eq(
    $$ select * from pg_temp.told() $$, $$ values ('connector.faulted', 1001::bigint) $$,
    'a connector fails'
);
insert into core.security_events (
    tenant_id, charge_point_id, event_key, type, is_critical, happened_at, received_at
)
values
    (101, 1001, 'test 1', 'SettingSystemTime', false, now(), now()),
    (101, 1001, 'test 2', 'TamperDetectionActivated', true, now(), now());
select results_eq(
    $$ select t.type from pg_temp.told() as t $$, array['security.event'],
    'of security events the critical ones are told'
);
insert into ops.job_runs (job, runner, started_at, finished_at, outcome)
values
    ('test', 'here', now(), now(), 'failed'),
    ('test', 'here', now(), now(), 'failed'),
    ('other', 'here', now(), now(), 'done');
select results_eq(
    $$ select t.type from pg_temp.told() as t $$, array['job.failed'],
    'a job that fails and fails is told of once'
);

-- Offline for a while.
delete from ops.offline_charge_points;
update ops.presence as p set is_connected = true, last_seen_at = now();
select is(jobs.detect_offline(), '', 'who is there is not missed');
update ops.presence as p set is_connected = false, last_seen_at = now() - interval '1 minute'
where p.tenant_id = 101 and p.charge_point_id = 1001;
select is(jobs.detect_offline(), '', 'nor who has just gone');
update ops.presence as p set last_seen_at = now() - interval '6 minutes'
where p.tenant_id = 101 and p.charge_point_id = 1001;
select jobs.detect_offline();
select jobs.detect_offline();
update ops.presence as p set is_connected = true, last_seen_at = now()
where p.tenant_id = 101 and p.charge_point_id = 1001;
select jobs.detect_offline();
select jobs.detect_offline();
select results_eq(
    $$ select * from pg_temp.told() $$,
    $$ values ('charge_point.offline', 1001::bigint), ('charge_point.online', 1001) $$,
    'gone for long, and back: each is told once'
);

-- Who reads them.
select notify.emit(101, 'session.started', 'session', 1001);
select notify.emit(101, 'invoice.finalised', 'invoice', 1);
select notify.emit(102, 'session.started', 'session', 2001);
select notify.emit(null, 'job.failed', 'job_run', 1);
select tests.act_as('greenway.operator');
select results_eq(
    $$ select e.tenant_id, e.type from api.events as e order by e.id $$,
    $$ values (101::bigint, 'session.started'), (101, 'invoice.finalised') $$,
    'staff read their tenant''s'
);
select tests.act_as('greenway.viewer');
select results_eq(
    $$ select e.type from api.events as e order by e.id $$, array['session.started'],
    'those about money take billing.read'
);
select tests.act_as('greenway.platform_admin');
select is((select count(*) from api.events), 4::bigint, 'the platform reads all');
select tests.act_as('greenway.customer');
select throws_ok($$ select from api.events $$, '42501', null, 'drivers none');
select tests.act_as('greenway.admin');
select throws_ok(
    $$ insert into api.events (tenant_id) values (101) $$, '42501', null, 'nobody writes them'
);
select * from finish();
rollback;
