-- Volumes: what one charge point may make us store in a day.
begin;
select plan(9);
select tests.act_as_owner();
delete from core.alarms;
delete from ops.charge_point_volumes;
update ops.settings set value = '3' where name = 'fleet.max_sessions';

select results_eq(
    $$ select fleet.is_within_volume(101, 1001, 'sessions') from generate_series(1, 5) $$,
    'values (true), (true), (true), (false), (false)',
    'three are allowed, and no more'
);
select results_eq(
    $$ select a.charge_point_id, a.kind, a.severity, a.occurrences, a.details
       from core.alarms as a $$,
    $$ values (1001::bigint, 'too_many_sessions', 'warning', 1::bigint, '{"max": 3}'::jsonb) $$,
    'which is told once'
);
select is(fleet.is_within_volume(101, 1001, 'sessions', 0), false, 'asking counts nothing');
select results_eq(
    $$ select fleet.is_within_volume(t.id, t.charge_point_id, t.kind) from (
           values (101, 1002, 'sessions'), (102, 2001, 'sessions'), (101, 1001, 'readings')
       ) as t (id, charge_point_id, kind) $$,
    'values (true), (true), (true)',
    'others, and other kinds, are counted for themselves'
);
select is(
    fleet.is_within_volume(101, 1002, 'failed_messages', 0), true,
    'what was never counted is within its volume'
);

update ops.charge_point_volumes as v set counted_since = now() - interval '25 hours'
where v.charge_point_id = 1001;
select is(fleet.is_within_volume(101, 1001, 'sessions', 0), true, 'a day later there is room');
select results_eq(
    $$ select fleet.is_within_volume(101, 1001, 'sessions'), v.amount
       from ops.charge_point_volumes as v
       where v.charge_point_id = 1001 and v.kind = 'sessions' $$,
    'values (true, 5::bigint)',
    'and the count begins anew'
);
select is(
    (
        select v.amount from ops.charge_point_volumes as v
        where v.charge_point_id = 1001 and v.kind = 'sessions'
    ),
    1::bigint, 'with the row that was counted'
);
select throws_ok(
    $$ select charging.check_session_volume(101, 1001) from generate_series(1, 3) $$,
    '54000', 'too many sessions today', 'a session past the volume is put off'
);

select * from finish();
rollback;
