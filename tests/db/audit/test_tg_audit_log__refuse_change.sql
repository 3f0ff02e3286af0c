begin;
select plan(6);

select tests.act_as_owner();
select throws_ok(
    'update core.audit_log set actor = ''nobody''', 'PT403',
    'the audit log is append-only: no update',
    'even the owner cannot change an entry'
);
select throws_ok(
    'delete from core.audit_log', 'PT403', 'the audit log is append-only: no delete',
    'or delete one'
);
select throws_ok(
    'truncate core.audit_log', 'PT403', 'the audit log is append-only: no truncate',
    'or all of them'
);
select throws_ok(
    format('delete from %s', p.name), 'PT403', null, 'nor through a partition'
)
from (
    select distinct a.tableoid::regclass as name from core.audit_log as a limit 1
) as p;

select is(
    (
        select array_agg(distinct t.tgenabled::text)
        from pg_trigger as t
        where t.tgname = 'audit_log__refuse_change'
    ),
    array['A'],
    'the triggers fire in replica mode too, on partitions as well'
);
select cmp_ok(
    (select count(*) from pg_trigger as t where t.tgname = 'audit_log__refuse_change'),
    '>', 1::bigint, 'and the partitions have them'
);

select * from finish();
rollback;
