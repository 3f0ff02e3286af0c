-- One job by its name: when it is due, by the table or by the caller's clock.
begin;
select plan(20);
select tests.act_as_owner();
delete from ops.job_runs;
delete from ops.job_schedules;
create function jobs.test_work() returns text language sql as $$ select 'did it' $$;
create function jobs.test_much() returns text language sql as $$ select 'a lot; more is left' $$;
create function jobs.test_monthly() returns text language sql as $$ select 'billed' $$;
insert into ops.job_schedules (job, every, cron, is_enabled, next_run_at, description)
values
    ('test_work', '1 hour', null, true, now() - interval '1 minute', 'is due'),
    ('test_much', '1 hour', null, true, now() - interval '1 minute', 'has more to do'),
    ('test_off', '1 hour', null, false, now() - interval '1 minute', 'is switched off'),
    ('test_monthly', null, '0 6 1 * *', true, 'infinity', 'by the calendar');

select tests.act_as_login('jobs');
select results_eq(
    $$ select s.job, s.cron, s.next_run_at is null from jobs.list_schedules() as s $$,
    $$ values
        ('test_monthly', '0 6 1 * *', true), ('test_much', null, false), ('test_work', null, false)
    $$,
    'what is switched on is listed; by the calendar it is not planned yet'
);
select results_eq(
    $$ select r.job, r.outcome, r.detail, r.next_run_at > now() + interval '59 minutes'
       from jobs.run_job('test_work', 'here') as r $$,
    $$ values ('test_work', 'done', 'did it', true) $$, 'a job that is due runs'
);
select is_empty($$ select from jobs.run_job('test_work', 'here') $$, 'once');
select is_empty($$ select from jobs.run_job('test_off', 'here') $$, 'not when it is off');
select is_empty(
    $$ select from jobs.run_job('test_off', 'here', null, true) $$, 'whatever clock there is'
);
select is_empty($$ select from jobs.run_job('test_none', 'here') $$, 'nor one that there is not');
select ok(
    (select r.next_run_at < now() + interval '6 seconds'
     from jobs.run_job('test_much', 'here') as r),
    'one with more to do has its next turn soon'
);
select is_empty(
    $$ select from jobs.run_job('test_monthly', 'here') $$, 'by the calendar it waits to be planned'
);
select jobs.plan_job('test_monthly', now() - interval '1 second');
select jobs.plan_job('test_monthly', now() + interval '1 day');
select jobs.plan_job('test_work', now());
select results_eq(
    $$ select r.detail, r.next_run_at
       from jobs.run_job('test_monthly', 'here', timestamptz '2100-01-01T06:00:00Z') as r $$,
    $$ values ('billed', timestamptz '2100-01-01T06:00:00Z') $$,
    'planned once, it runs then, and is planned by its caller'
);
select is_empty(
    $$ select from jobs.run_job('test_work', 'here') $$, 'only those by the calendar are planned'
);
select results_eq(
    $$ select r.detail, r.next_run_at from jobs.run_job('test_monthly', 'cron', null, true) as r $$,
    $$ values ('billed', timestamptz 'infinity') $$, 'another clock may say that it is due'
);
select tests.act_as_owner();
select throws_ok(
    $$ insert into ops.job_schedules (job, description) values ('test_never', 'x') $$, '23514',
    null, 'a job runs every so often or by the calendar'
);
select throws_ok(
    $$ insert into ops.job_schedules (job, cron, description)
       values ('test_never', '0 6 * * 1', 'x') $$, '23514',
    null, 'days of the week go by their names: schedulers number them differently'
);

-- What fails does not fail every second for ever, nor only once a month.
create function jobs.test_broken() returns text language sql as $$ select (1 / 0)::text $$;
insert into ops.job_schedules (job, every, cron, next_run_at, description, failures)
values
    ('test_broken', '1 second', null, now(), 'fails', 0);
select ok(
    (select r.outcome = 'failed' and r.next_run_at < clock_timestamp() + interval '2 seconds'
     from jobs.run_job('test_broken', 'here') as r),
    'a job that fails comes again as usual'
);
update ops.job_schedules set next_run_at = now(), failures = 20 where job = 'test_broken';
select ok(
    (select r.next_run_at between now() + interval '4 minutes' and now() + interval '6 minutes'
     from jobs.run_job('test_broken', 'here') as r),
    'one that goes on failing every five minutes'
);
update ops.job_schedules set every = null, cron = '0 6 1 * *', failures = 0, next_run_at = now()
where job = 'test_broken';
select ok(
    (select r.next_run_at < clock_timestamp() + interval '61 seconds'
     from jobs.run_job('test_broken', 'here', now() + interval '1 month') as r),
    'by the calendar it is not left until the next date'
);
create or replace function jobs.test_broken() returns text language sql as $$ select 'mended' $$;
select jobs.run_job('test_broken', 'here', now() + interval '1 month', true);
select results_eq(
    $$ select s.failures, s.next_run_at from ops.job_schedules as s where s.job = 'test_broken' $$,
    $$ values (0, now() + interval '1 month') $$, 'until it succeeds'
);
delete from ops.job_schedules where job = 'test_broken';

-- pg_cron is not there, and then there is what it has of functions.
select is(jobs.schedule_in_pg_cron(), null, 'without pg_cron there is nothing to do');
select tests.reset();
create schema cron;
create table cron.job (name text, schedule text, command text);
create function cron.schedule(p_name text, p_schedule text, p_command text) returns bigint
language sql as $$ insert into cron.job values ($1, $2, $3) returning 1::bigint $$;
grant usage on schema cron to voltaro_owner;
grant all on cron.job to voltaro_owner;
select tests.act_as_owner();
select is(jobs.schedule_in_pg_cron(), 1::bigint, 'with it the calendar is pg_cron''s');
select results_eq(
    $$ select j.name, j.schedule, j.command from cron.job as j $$,
    $$ values (
        'voltaro_test_monthly', '0 6 1 * *',
        'select jobs.run_job(''test_monthly'', ''pg_cron'', p_is_due => true)'
    ) $$,
    'each job a plain call'
);
select * from finish();
rollback;
