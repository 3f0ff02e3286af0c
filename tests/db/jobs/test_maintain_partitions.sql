-- Partitions: made ahead without a gap, dropped past retention, closed to everybody.
begin;
select plan(21);
select tests.act_as_owner();

create table ops.test_log (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    happened_at timestamptz not null default now(),
    note text constraint test_log_note_check check (note <> ''),
    constraint test_log_pkey primary key (id, happened_at)
) partition by range (happened_at);
create index test_log_happened_at_idx on ops.test_log (tenant_id, happened_at desc);
alter table ops.test_log enable row level security;
create policy test_log_select_staff on ops.test_log for select to staff
using (tenant_id = (select claims.tenant_id()));
grant select (id, tenant_id, happened_at, note) on ops.test_log to staff;
grant usage on schema ops to staff;
create function audit.tg_test_log__note() returns trigger language plpgsql as $$
begin
    new.note := coalesce(new.note, 'noted');
    return new;
end;
$$;
create trigger test_log__note before insert on ops.test_log
for each row execute function audit.tg_test_log__note();
delete from ops.partitioned_tables;
insert into ops.partitioned_tables (table_name, partition_by, ahead, behind, retention)
values ('ops.test_log', 'day', '3 days', '1 day', '10 days');

select tests.act_as_login('jobs');
select alike(
    jobs.maintain_partitions(), 'made ops.test_log_%, made ops.test_log_%',
    'partitions are made and named'
);
select is(jobs.maintain_partitions(), '', 'a second run finds nothing to do');
select tests.act_as_owner();
select results_eq(
    $$ select l.partition::text, l.lower_at, l.upper_at
       from jobs.list_partitions('ops.test_log') as l $$,
    $$ select
           'ops.test_log_' || to_char(g.day at time zone 'UTC', 'YYYY_MM_DD'),
           g.day, g.day + interval '24 hours'
       from generate_series(
           date_trunc('day', now(), 'UTC') - interval '24 hours',
           date_trunc('day', now(), 'UTC') + interval '72 hours', '24 hours'
       ) as g (day) $$,
    'from a day behind to three ahead, each a day of UTC'
);
select results_eq(
    $$ select t.lower_at, t.upper_at from ops.partitioned_tables as t $$,
    $$ select min(l.lower_at), max(l.upper_at) from jobs.list_partitions('ops.test_log') as l $$,
    'writers can read which range there is'
);

-- What `like` and `attach` carry over, and what they must not.
select bag_eq(
    $$ select distinct c.relrowsecurity, c.relacl is null
       from jobs.list_partitions('ops.test_log') as l
       inner join pg_catalog.pg_class as c on c.oid = l.partition $$,
    $$ values (true, true) $$,
    'a partition has row-level security and no grants'
);
select lives_ok(
    $$ insert into ops.test_log (tenant_id, happened_at)
       values (101, now()), (102, now()), (101, now() + interval '3 days') $$,
    'rows go into partitions'
);
select results_eq(
    $$ select t.note, t.id is not null from ops.test_log as t $$,
    $$ values ('noted', true), ('noted', true), ('noted', true) $$,
    'triggers, defaults and identity work there'
);
select throws_ok(
    $$ insert into ops.test_log (tenant_id, note) values (101, '') $$, '23514', null,
    'and so do checks'
);
select is(
    (
        select count(*) from jobs.list_partitions('ops.test_log') as l
        inner join pg_catalog.pg_index as i on i.indrelid = l.partition
    ), 10::bigint, 'each partition has the indexes of its parent'
);
select tests.act_as('greenway.operator');
select results_eq(
    $$ select t.tenant_id from ops.test_log as t $$, array[101, 101]::bigint[],
    'through the parent everybody sees the rows of their tenant'
);
select throws_ok(
    format('select from ops.test_log_%s', to_char(now() at time zone 'UTC', 'YYYY_MM_DD')),
    '42501', null, 'a partition itself is closed'
);
select tests.act_as_owner();
select is_empty(
    $$ select i.inhrelid::regclass, r.role
       from pg_catalog.pg_inherits as i
       inner join pg_catalog.pg_class as c on c.oid = i.inhparent and c.relkind = 'p'
       cross join unnest(array['anon', 'staff', 'customer', 'platform', 'analyst', 'bridge', 'jobs'])
           as r (role)
       where has_any_column_privilege(r.role, i.inhrelid, 'select, insert, update, references')
           or has_table_privilege(r.role, i.inhrelid, 'delete, truncate, trigger') $$,
    'no partition of any table is open to anybody'
);

-- The job did not run for five days: no gap.
update ops.partitioned_tables as t
set lower_at = t.lower_at - interval '5 days';
select tests.act_as_login('jobs');
select alike(jobs.maintain_partitions(), 'made %', 'days that were missed are made up for');
select tests.act_as_owner();
select is(
    (select count(*) from jobs.list_partitions('ops.test_log')), 10::bigint,
    'all days from the first partition to the last'
);
select is_empty(
    $$ select from (
           select l.lower_at, lag(l.upper_at) over (order by l.lower_at) as previous
           from jobs.list_partitions('ops.test_log') as l
       ) as p where p.previous <> p.lower_at $$,
    'without a gap'
);

-- Retention.
update ops.partitioned_tables as t set retention = interval '2 days';
select tests.act_as_login('jobs');
select alike(jobs.maintain_partitions(), 'dropped ops.test_log_%', 'old partitions are dropped');
select tests.act_as_owner();
select results_eq(
    $$ select min(l.lower_at), (select t.lower_at from ops.partitioned_tables as t)
       from jobs.list_partitions('ops.test_log') as l $$,
    $$ select d.day, d.day
       from (select date_trunc('day', now(), 'UTC') - interval '2 days' as day) as d $$,
    'what is within retention stays, and the range follows'
);
select is(
    current_setting('lock_timeout'), '0', 'the lock time-out is as before'
);

-- By month, and the tables that there are.
update ops.partitioned_tables as t
set partition_by = 'month', ahead = '2 months', behind = '1 month', retention = '12 months',
    lower_at = null, upper_at = null;
drop table ops.test_log;
create table ops.test_log (happened_at timestamptz not null) partition by range (happened_at);
select tests.act_as_login('jobs');
select alike(jobs.maintain_partitions(), 'made ops.test_log_%', 'months are made');
select tests.act_as_owner();
select results_eq(
    $$ select l.partition::text, l.lower_at at time zone 'UTC'
       from jobs.list_partitions('ops.test_log') as l $$,
    $$ select
           'ops.test_log_' || to_char(g.month, 'YYYY_MM'), g.month
       from generate_series(
           date_trunc('month', now() at time zone 'UTC') - interval '1 month',
           date_trunc('month', now() at time zone 'UTC') + interval '2 months', '1 month'
       ) as g (month) $$,
    'each a month of UTC'
);
set local timezone = 'Pacific/Auckland';
select is(jobs.maintain_partitions(), '', 'the session''s time zone makes no difference');
select * from finish();
rollback;
