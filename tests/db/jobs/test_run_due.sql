-- The job runner: one due job a call, failures recorded, nothing recorded for nothing.
begin;
select plan(15);
select tests.act_as_owner();
delete from ops.job_runs;
delete from ops.job_schedules;
create function jobs.test_work() returns text language sql as $$ select 'did it' $$;
create function jobs.test_rest() returns text language sql as $$ select '' $$;
create function jobs.test_break() returns text language plpgsql as $$
begin
    insert into ops.outbox (kind, idempotency_key, payload) values ('test', 'half done', '{}');
    perform 1 / 0;
    return 'never';
end;
$$;
insert into ops.job_schedules (job, every, is_enabled, next_run_at, description)
values
    ('test_break', '1 minute', true, now() - interval '3 hours', 'fails'),
    ('test_work', '1 minute', true, now() - interval '2 hours', 'works'),
    ('test_rest', '1 minute', true, now() - interval '1 hour', 'finds nothing to do'),
    ('test_missing', '1 minute', true, now() - interval '1 minute', 'has no function'),
    ('test_off', '1 minute', false, now() - interval '1 hour', 'is switched off'),
    ('test_later', '1 minute', true, now() + interval '1 hour', 'is not due');

select tests.act_as_login('jobs');
select results_eq(
    $$ select * from jobs.run_due('here') $$,
    $$ values ('test_break', 'failed', '22012: division by zero') $$,
    'the job that has been due for longest runs first; its failure is reported'
);
select results_eq(
    $$ select * from jobs.run_due('here') $$, $$ values ('test_work', 'done', 'did it') $$,
    'it does not keep the next from running'
);
select results_eq(
    $$ select * from jobs.run_due('here') $$, $$ values ('test_rest', 'done', '') $$,
    'a job may find nothing to do'
);
select results_eq(
    $$ select job, outcome from jobs.run_due('here') $$, $$ values ('test_missing', 'failed') $$,
    'a job without a function fails'
);
select is_empty($$ select * from jobs.run_due('here') $$, 'then nothing is due');
select tests.act_as_owner();
select results_eq(
    $$ select r.job, r.runner, r.outcome, r.detail from ops.job_runs as r
       where r.job <> 'test_missing' order by r.id $$,
    $$ values
        ('test_break', 'here', 'failed', '22012: division by zero'),
        ('test_work', 'here', 'done', 'did it') $$,
    'runs that did something or failed are recorded'
);
select is_empty(
    $$ select from ops.job_runs as r where r.finished_at < r.started_at $$, 'with their times'
);
select is_empty(
    $$ select from ops.outbox as o where o.idempotency_key = 'half done' $$,
    'a failed job leaves nothing half done'
);
select is_empty(
    $$ select from ops.job_schedules as s
       where s.job in ('test_break', 'test_work', 'test_rest', 'test_missing')
           and s.next_run_at not between now() + interval '1 minute'
               and clock_timestamp() + interval '1 minute' $$,
    'all wait for their next turn, the failed as well'
);
update ops.job_schedules as s set next_run_at = now() - interval '1 hour' where s.job = 'test_work';
select tests.act_as_login('jobs');
select lives_ok($$ select jobs.run_due(repeat('x', 1000)) $$, 'a runner with an endless name');
select tests.act_as_owner();
select is(
    (select max(length(r.runner)) from ops.job_runs as r), 100, 'is recorded in short'
);

create function jobs.test_much() returns text language sql as $$ select 'did 5; more is left' $$;
insert into ops.job_schedules (job, every, description) values ('test_much', '1 hour', 'is long');
select tests.act_as_login('jobs');
select jobs.run_due('here');
select tests.act_as_owner();
select results_eq(
    $$ select s.next_run_at > now() and s.next_run_at <= clock_timestamp() + interval '5 seconds'
       from ops.job_schedules as s where s.job = 'test_much' $$,
    array[true], 'a job that has more to do has its next turn soon'
);

select is_empty(
    $$ select s.job from ops.job_schedules as s
       where to_regprocedure(format('jobs.%I()', s.job)) is null and s.job not like 'test_%' $$,
    'every scheduled job has its function'
);
select tests.act_as_login('jobs');
select throws_ok(
    $$ select jobs.list_partitions('ops.message_log') $$, '42501', null,
    'the runner may call jobs, not their helpers'
);
select throws_ok(
    $$ select from ops.job_schedules $$, '42501', null, 'and reads no table'
);
select * from finish();
rollback;
