-- What the dispatcher writes beside the handlers: the message log, presence, durability.
begin;
select plan(13);
select tests.act_as_owner();

update ops.connections set closed_at = now() where closed_at is null;
insert into ops.connections (id, tenant_id, charge_point_id, bridge_id, outcome, subprotocol)
overriding system value
select
    v.id, v.tenant_id, v.charge_point_id, '00000000-0000-4000-b000-000000000001', 'accepted',
    'ocpp1.6'
from (
    values (1, 101, 1001), (2, 101, 1002), (3, 102, 2001), (4, 102, 2002)
) as v (id, tenant_id, charge_point_id);
delete from ops.presence;
-- 1 has been silent, 2 was heard of a moment ago, 3 is an old socket, 4 is offline.
insert into ops.presence (tenant_id, charge_point_id, connection_id, is_connected, last_seen_at)
values
    (101, 1001, 1, true, now() - interval '1 hour'),
    (101, 1002, 2, true, clock_timestamp() - interval '1 second'),
    (102, 2001, 999, true, now() - interval '1 hour'),
    (102, 2002, null, false, now() - interval '1 hour');
delete from ops.message_log;

create function ocpp16.test_echo(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    return p_payload;
end;
$$;
create function ocpp16.test_refuse(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    raise exception using
        errcode = 'OCPP1', message = 'not "this"', detail = 'PropertyConstraintViolation';
end;
$$;
create function ocpp16.test_break(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    perform 1 / 0;
    return '{}';
end;
$$;

-- The message log ----------------------------------------------------------------------------

select tests.act_as_login('bridge');
select lives_ok(
    $$ select * from ocpp.handle_calls(
        '{1,2,3}', '{a,b,c}', '{TestEcho,TestRefuse,TestNone}',
        array['{"password": "hunter2", "x":1}', '{ "as": "sent" }', null],
        '{null,null,null}',
        array[
            clock_timestamp() - interval '1 minute', clock_timestamp() + interval '1 day',
            '1970-01-01'
        ]
    ) $$, 'a batch of messages'
);
select tests.act_as_owner();
select results_eq(
    $$ select l.tenant_id, l.charge_point_id, l.connection_id, l.direction, l.message_type::integer,
           l.message_id, l.action, l.payload, l.error_code
       from ops.message_log as l order by l.id $$,
    $$ values
        (101::bigint, 1001::bigint, 1::bigint, 'in', 2, 'a', 'TestEcho',
            '{"password": "***", "x":1}', null),
        (101, 1001, 1, 'out', 3, 'a', 'TestEcho', '{"x":1,"password":"***"}', null),
        (101, 1002, 2, 'in', 2, 'b', 'TestRefuse', '{ "as": "sent" }', null),
        (101, 1002, 2, 'out', 4, 'b', 'TestRefuse', '"not \"this\""',
            'PropertyConstraintViolation'),
        (102, 2001, 3, 'in', 2, 'c', 'TestNone', 'null', null),
        (102, 2001, 3, 'out', 4, 'c', 'TestNone', '"this action is not known here"',
            'NotImplemented') $$,
    'both frames of each exchange are logged as sent, secrets masked'
);
select results_eq(
    $$ select l.message_id,
           date_trunc('minute', clock_timestamp() - l.received_at + interval '30 seconds')
       from ops.message_log as l where l.direction = 'in' order by l.id $$,
    $$ values ('a', interval '1 minute'), ('b', interval '0'), ('c', interval '0') $$,
    'a time that no clock of ours can have made becomes now'
);

-- Presence -----------------------------------------------------------------------------------

select results_eq(
    $$ select p.charge_point_id, p.connection_id, p.is_connected,
           p.last_seen_at > now() - interval '1 minute',
           p.last_seen_at between now() and clock_timestamp()
       from ops.presence as p order by p.charge_point_id $$,
    $$ values
        (1001::bigint, 1::bigint, true, true, true), (1002, 2, true, true, false),
        (2001, 999, true, false, false), (2002, null, false, false, false) $$,
    'a call is a sign of life of the charger''s newest socket, noted every few seconds'
);

-- Durability ---------------------------------------------------------------------------------

set local synchronous_commit = off;
select tests.act_as_login('bridge');
select is(
    (
        select count(*) from ocpp.handle_calls(
            '{1,2}', '{a,b}', '{Heartbeat,Heartbeat}', '{"{}","{}"}', '{null,null}',
            array[now(), now()]
        )
    ), 2::bigint, 'a batch of heartbeats'
);
select is(
    current_setting('synchronous_commit'), 'on',
    'every batch waits for the disk, whatever the login''s setting'
);
select tests.act_as_owner();
set local synchronous_commit = remote_apply;
select tests.act_as_login('bridge');
select is(
    (
        select count(*) from ocpp.handle_calls(
            '{1}', '{a}', '{TestEcho}', '{"{}"}', '{null}', array[now()]
        )
    ), 1::bigint, 'a batch on a server that waits for its replicas'
);
select is(
    current_setting('synchronous_commit'), 'remote_apply', 'what is stricter than on stays'
);

-- A log without a partition for today ----------------------------------------------------------

select tests.act_as_owner();
delete from ops.message_log;
do $$
declare
    v_name text;
begin
    for v_name in
        select i.inhrelid::regclass::text
        from pg_catalog.pg_inherits as i
        where i.inhparent = 'ops.message_log'::regclass
    loop
        execute format('drop table %s', v_name);
    end loop;
end;
$$;
select tests.act_as_login('bridge');
select is(
    (
        select h.reply from ocpp.handle_calls(
            '{1}', '{a}', '{TestEcho}', '{"{\"a\":1}"}', '{null}', array[now()]
        ) as h
    ), '{"a":1}', 'a charger gets its answer although the log has no partition for today'
);
select tests.act_as_owner();
select is((select count(*) from ops.message_log), 2::bigint, 'the partition is made on the way');

do $$
declare
    v_name text;
begin
    for v_name in
        select i.inhrelid::regclass::text
        from pg_catalog.pg_inherits as i
        where i.inhparent = 'ops.message_log'::regclass
    loop
        execute format('drop table %s', v_name);
    end loop;
end;
$$;
select tests.act_as_login('bridge');
select lives_ok(
    $$ select ocpp.log_frames(
        '{1}', array[now()], '{in}', array[2::smallint], '{a}', '{TestEcho}', '{"{}"}', '{null}'
    ) $$, 'frames that no batch carried are logged'
);
select tests.act_as_owner();
select is((select count(*) from ops.message_log), 1::bigint, 'and make the partition, too');

delete from ops.partitioned_tables as t where t.table_name = 'ops.message_log';
do $$
declare
    v_name text;
begin
    for v_name in
        select i.inhrelid::regclass::text
        from pg_catalog.pg_inherits as i
        where i.inhparent = 'ops.message_log'::regclass
    loop
        execute format('drop table %s', v_name);
    end loop;
end;
$$;
select tests.act_as_login('bridge');
select is(
    (
        select h.reply from ocpp.handle_calls(
            '{1}', '{a}', '{TestEcho}', '{"{\"a\":1}"}', '{null}', array[now()]
        ) as h
    ), '{"a":1}', 'where it cannot be made, charging goes on without a log'
);
select * from finish();
rollback;
