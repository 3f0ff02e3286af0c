-- A bridge that falls silent has lost its chargers.
begin;
select plan(9);
select tests.act_as_owner();
delete from ops.connections;
delete from ops.presence;
insert into ops.bridges (id, host, last_seen_at)
values
    ('00000000-0000-4000-b000-00000000000a', 'silent', now() - interval '31 seconds'),
    ('00000000-0000-4000-b000-00000000000b', 'alive', now() - interval '20 seconds');
insert into ops.connections (id, tenant_id, charge_point_id, bridge_id, outcome)
overriding system value
values
    (1, 101, 1001, '00000000-0000-4000-b000-00000000000a', 'accepted'),
    (2, 101, 1002, '00000000-0000-4000-b000-00000000000b', 'accepted'),
    (3, 102, 2001, '00000000-0000-4000-b000-00000000000a', 'accepted');
-- 3 has been replaced elsewhere a moment ago.
insert into ops.presence (tenant_id, charge_point_id, connection_id, is_connected, last_seen_at)
values (101, 1001, 1, true, now()), (101, 1002, 2, true, now()), (102, 2001, 9, true, now());

-- The server stood still: this job is late, and no bridge could report.
create temporary table reported as select b.id, b.last_seen_at from ops.bridges as b;
update ops.job_schedules as s
set next_run_at = now() - interval '11 seconds'
where s.job = 'mark_lost_connections';
select tests.act_as_login('jobs');
select is(jobs.mark_lost_connections(), '', 'when the job is late it judges nobody');
select tests.act_as_owner();
select is_empty(
    $$ select from ops.bridges as b where b.stopped_at is null and b.last_seen_at < now() $$,
    'and each bridge has a new lease'
);
update ops.bridges as b set last_seen_at = r.last_seen_at from reported as r where r.id = b.id;
update ops.job_schedules as s
set next_run_at = now() - interval '9 seconds'
where s.job = 'mark_lost_connections';
select is(
    (select count(*) from ops.connections as c where c.closed_at is not null), 0::bigint,
    'nothing is closed'
);

select tests.act_as_login('jobs');
select is(
    jobs.mark_lost_connections(),
    'closed 2 connections of bridges 00000000-0000-4000-b000-00000000000a',
    'after fleet.bridge_lease_s without a report its connections are closed'
);
select is(jobs.mark_lost_connections(), '', 'once');
select tests.act_as_owner();
select results_eq(
    $$ select c.id, c.close_code, c.close_reason from ops.connections as c
       where c.closed_at is not null order by c.id $$,
    $$ values (1::bigint, 1006, 'bridge lost'), (3, 1006, 'bridge lost') $$,
    'with the code of a connection that was lost'
);
select results_eq(
    $$ select p.charge_point_id, p.is_connected, p.connection_id
       from ops.presence as p order by p.charge_point_id $$,
    $$ values (1001::bigint, false, null::bigint), (1002, true, 2), (2001, true, 9) $$,
    'chargers with a newer socket stay online, as do those of other bridges'
);
select is(
    (
        select b.stopped_at is not null from ops.bridges as b
        where b.id = '00000000-0000-4000-b000-00000000000a'
    ), true, 'the bridge counts as stopped'
);
select tests.act_as_login('bridge');
select is(
    ocpp.keep_alive(
        '00000000-0000-4000-b000-00000000000a', array[1, 3]::bigint[], array[now(), now()]
    ), array[1, 3]::bigint[], 'if it was only slow it is told to close its sockets'
);
select * from finish();
rollback;
