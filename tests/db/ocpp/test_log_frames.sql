-- Frames that go through no batch.
begin;
select plan(4);
select tests.act_as_owner();
update ops.connections set closed_at = now() where closed_at is null;
insert into ops.connections (id, tenant_id, charge_point_id, bridge_id, outcome, subprotocol)
overriding system value
select
    v.id, v.tenant_id, v.charge_point_id, '00000000-0000-4000-b000-000000000001', 'accepted',
    'ocpp1.6'
from (values (1, 101, 1001), (3, 102, 2001)) as v (id, tenant_id, charge_point_id);
delete from ops.message_log;

select tests.act_as_login('bridge');
set local synchronous_commit = on;
select lives_ok(
    $$ select ocpp.log_frames(
        '{1,3,99,1}',
        array[now(), now() - interval '1 year', now(), now()],
        '{in,out,in,in}',
        array[null, 4, 2, null]::smallint[],
        array['a', 'b', 'c', repeat('x', 1000)],
        array[null, 'Authorize', null, repeat('y', 1000)],
        array['[2,"a",{"AuthorizationKey":"secr', '"why"', '{}', null],
        array[null, 'ProtocolError', null, null]
    ) $$, 'frames of several connections'
);
select is(current_setting('synchronous_commit'), 'off', 'the log does not wait for the disk');
select tests.act_as_owner();
select results_eq(
    $$ select l.tenant_id, l.charge_point_id, l.connection_id, l.direction, l.message_type::integer,
           l.message_id, l.action, l.payload, l.error_code
       from ops.message_log as l order by l.id $$,
    $$ values
        (101::bigint, 1001::bigint, 1::bigint, 'in', null::integer, 'a', null,
            '[2,"a",{"AuthorizationKey":"***"', null),
        (102, 2001, 3, 'out', 4, 'b', 'Authorize', '"why"', 'ProtocolError'),
        (101, 1001, 1, 'in', null, repeat('x', 200), repeat('y', 200), '', null) $$,
    'each is stored under its connection''s tenant, those of unknown connections are not'
);
select is_empty(
    $$ select from ops.message_log as l
       where l.received_at not between now() and clock_timestamp() $$,
    'times of another year become now'
);
select * from finish();
rollback;
