-- The dispatcher: batches of calls from chargers, one function a message.
begin;
select plan(44);
select tests.act_as_owner();

-- A charger each at greenway (connection 1), greenway's second (2) and bluecharge (3).
update ops.connections set closed_at = now() where closed_at is null;
insert into ops.connections (
    id, tenant_id, charge_point_id, bridge_id, outcome, subprotocol
)
overriding system value
select
    v.id, v.tenant_id, v.charge_point_id, '00000000-0000-4000-b000-000000000001', 'accepted',
    v.subprotocol
from (
    values
        (1, 101, 1001, 'ocpp1.6'), (2, 101, 1002, 'ocpp1.6'), (3, 102, 2001, 'ocpp1.6')
) as v (id, tenant_id, charge_point_id, subprotocol);
delete from ops.presence;
insert into ops.presence (tenant_id, charge_point_id, connection_id, is_connected, last_seen_at)
values
    (101, 1001, 1, true, now() - interval '1 hour'),
    (101, 1002, 2, true, now() + interval '1 hour'),
    (102, 2001, 7, true, now() - interval '1 hour');
delete from ops.message_log;

-- Handlers for tests.
create table core.test_calls (
    id bigint generated always as identity,
    call ops.ocpp_call,
    payload jsonb
);
create table core.test_parents (id integer constraint test_parents_pkey primary key);
create table core.test_children (
    parent_id integer,
    constraint test_children_parent_fkey foreign key (parent_id) references core.test_parents (id)
    deferrable initially deferred
);
create function ocpp16.test_echo(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    insert into core.test_calls (call, payload) values (p_call, p_payload);
    return p_payload;
end;
$$;
create function ocpp16.test_nothing(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    return null;
end;
$$;
create function ocpp16.test_break(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    insert into core.test_calls (call, payload) values (p_call, p_payload);
    perform 1 / 0;
    return '{}';
end;
$$;
create function ocpp16.test_refuse(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    insert into core.test_calls (call, payload) values (p_call, p_payload);
    raise exception using
        errcode = 'OCPP1', message = 'not like this', detail = p_payload ->> 'code';
end;
$$;
create function ocpp16.test_orphan(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    insert into core.test_children (parent_id) values (1);
    return '{}';
end;
$$;
create function ocpp16.test_adopt(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    insert into core.test_children (parent_id) values (2);
    insert into core.test_parents (id) values (2);
    return '{}';
end;
$$;
create function ocpp16.test_other(p_call ops.ocpp_call, p_payload json)
returns jsonb language plpgsql as $$
begin
    return '{}';
end;
$$;
create function ocpp16.test_fail(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    raise exception using errcode = p_payload ->> 'code', message = 'select secret_sql from us';
end;
$$;
-- A sequence keeps count across the subtransactions that fail.
create sequence core.test_attempts;
create function ocpp16.test_retry(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    insert into core.test_calls (call, payload) values (p_call, p_payload);
    if nextval('core.test_attempts') < (p_payload ->> 'succeed_at')::integer then
        raise exception using errcode = p_payload ->> 'code', message = 'conflict';
    end if;
    return '{}';
end;
$$;

-- A batch as the bridge sends it: (connection, action, payload) in order.
create function pg_temp.call(p_calls jsonb)
returns table (ordinal integer, reply text, error_code text, error_description text)
language sql as $$
    select h.*
    from (
        select
            array_agg((c.call ->> 0)::bigint order by c.n) as connection_ids,
            array_agg('m' || c.n order by c.n) as message_ids,
            array_agg(c.call ->> 1 order by c.n) as actions,
            array_agg(c.call ->> 2 order by c.n) as payloads,
            array_agg(c.call ->> 3 order by c.n) as violations,
            array_agg(clock_timestamp() order by c.n) as received_at
        from jsonb_array_elements(p_calls) with ordinality as c (call, n)
    ) as b
    cross join lateral ocpp.handle_calls(
        b.connection_ids, b.message_ids, b.actions, b.payloads, b.violations, b.received_at
    ) as h
$$;
grant execute on function pg_temp.call(jsonb) to bridge;

-- Answers -----------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select results_eq(
    $$ select * from pg_temp.call('[
        [1, "TestEcho", "{\"a\": 1, \"b\": [1, 2, {\"c\": \"x: y, z\"}]}"],
        [3, "TestEcho", "null"],
        [2, "TestNothing", "{}"]
    ]') $$,
    $$ values
        (1, '{"a":1,"b":[1,2,{"c":"x: y, z"}]}', null, null),
        (2, '{}', null, null),
        (3, '{}', null, null) $$,
    'each message gets its answer as compact JSON, in the order it came; null is an empty payload'
);
select tests.act_as_owner();
select results_eq(
    $$ select (c.call).connection_id, (c.call).tenant_id, (c.call).charge_point_id,
           (c.call).message_id, c.payload
       from core.test_calls as c order by c.id $$,
    $$ values
        (1::bigint, 101::bigint, 1001::bigint, 'm1', '{"a": 1, "b": [1, 2, {"c": "x: y, z"}]}'::jsonb),
        (3, 102, 2001, 'm2', '{}') $$,
    'tenant and charge point come from the connection'
);

select tests.act_as_login('bridge');
select results_eq(
    $$ select * from pg_temp.call('[
        [1, "TestEcho", "{\"n\": 1}"], [3, "TestEcho", "{\"n\": 2}"],
        [1, "TestEcho", "{\"n\": 3}"], [3, "TestEcho", "{\"n\": 4}"]
    ]') $$,
    $$ values
        (1, '{"n":1}', null, null), (2, '{"n":2}', null, null),
        (3, '{"n":3}', null, null), (4, '{"n":4}', null, null) $$,
    'chargers that take turns in a batch get their own answers'
);
select tests.act_as_owner();
select results_eq(
    $$ select (c.payload ->> 'n')::integer from core.test_calls as c
       where c.payload ? 'n' order by c.id $$,
    array[1, 3, 2, 4],
    'messages are taken by charge point, and within one in the order they came'
);

select tests.act_as_login('bridge');
select results_eq(
    $$ select error_code, error_description from pg_temp.call('[
        [1, "TestUnknown", "{}"], [1, "TestOther", "{}"], [1, "test_echo", "{}"],
        [1, "TestECHO", "{}"], [1, "TestEcho(null,null);--", "{}"], [1, "Testecho", "{}"],
        [1, "", "{}"], [1, "pg_sleep", "{}"]
    ]') $$,
    $$ select 'NotImplemented', 'this action is not known here' from generate_series(1, 8) $$,
    'an action is a camel-case word with a function of the handlers'' signature, or unknown'
);
select throws_ok(
    $$ select from pg_temp.call('[[1, "TestEcho", "{}"], [99, "TestEcho", "{}"]]') $$,
    '55000', null,
    'a connection that is not there fails the batch: the charger must reconnect'
);
select tests.act_as_owner();
insert into ops.connections (
    id, tenant_id, charge_point_id, bridge_id, outcome, subprotocol, closed_at
)
overriding system value
select
    v.id, 101, 1002, '00000000-0000-4000-b000-000000000001', v.outcome, 'ocpp1.6',
    now() - v.closed_for
from (
    values
        (11, 'accepted', interval '61 seconds'), (12, 'accepted', '30 seconds'),
        (13, 'refused', '0')
) as v (id, outcome, closed_for);
select tests.act_as_login('bridge');
select throws_ok(
    $$ select from pg_temp.call('[[1, "TestEcho", "{}"], [11, "TestEcho", "{}"]]') $$,
    '55000', null, 'so does one that closed more than a minute ago'
);
select throws_ok(
    $$ select from pg_temp.call('[[13, "TestEcho", "{}"]]') $$,
    '55000', null, 'or was never accepted'
);
select results_eq(
    $$ select reply from pg_temp.call('[[12, "TestEcho", "{}"]]') $$, array['{}'],
    'what was under way when a connection closed is finished'
);
select results_eq(
    $$ select error_code, error_description from pg_temp.call('[
        [1, "TestRefuse", "{\"code\": \"OccurenceConstraintViolation\"}"],
        [1, "TestRefuse", "{\"code\": \"SomethingElse\"}"], [1, "TestRefuse", "{\"code\": \"\"}"]
    ]') $$,
    $$ values
        ('OccurenceConstraintViolation', 'not like this'), ('GenericError', 'not like this'),
        ('GenericError', 'not like this') $$,
    'a handler refuses with a code of the specification'
);
select tests.act_as_owner();
select is_empty(
    $$ select from core.test_calls as c where c.payload ? 'code' $$,
    'what it wrote before is gone'
);

-- Payloads ----------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select results_eq(
    $$ select reply, error_code from pg_temp.call(jsonb_build_array(
        jsonb_build_array(1, 'TestEcho', E'{"a":"x\\u0000y","b":"\\\\u0000","c":"\\\\\\u0000"}'),
        jsonb_build_array(1, 'TestEcho', E'{"a":"\\ud83d\\ude00 \\ud83d \\ude00","b":"\\\\ud83d"}'),
        jsonb_build_array(1, 'TestEcho', '[1]'),
        jsonb_build_array(1, 'TestEcho', '"text"'),
        jsonb_build_array(1, 'TestEcho', '{"a":}'),
        jsonb_build_array(1, 'TestEcho', ''),
        jsonb_build_array(1, 'TestEcho', '{"a":1e999999}'),
        jsonb_build_array(1, 'TestEcho', repeat('[', 100000))
    )) $$,
    $$ values
        (E'{"a":"xy","b":"\\\\u0000","c":"\\\\"}', null),
        (E'{"a":"\U0001F600  ","b":"\\\\ud83d"}', null),
        (null, 'FormationViolation'), (null, 'FormationViolation'), (null, 'FormationViolation'),
        (null, 'FormationViolation'), (null, 'FormationViolation'), (null, 'FormationViolation') $$,
    'NUL and halves of characters are taken out; what is no JSON object is refused'
);
select is(
    (
        select length(reply) from pg_temp.call(jsonb_build_array(jsonb_build_array(
            1, 'TestEcho', jsonb_build_object('a', repeat('x', 900000))::text
        )))
    ),
    900008, 'a payload of nearly a megabyte comes and goes'
);
select tests.act_as_owner();
select is(
    (
        select count(*) from ops.failed_messages as f
        where f.connection_id = 1 and f.sqlstate in ('22P02', '22003', '54001')
    ),
    4::bigint, 'what could not be read is put by'
);
delete from ops.failed_messages;

-- Violations of the schema, found by the bridge, reach the handler.
select tests.act_as_login('bridge');
select lives_ok(
    $$ select * from pg_temp.call('[
        [1, "TestEcho", "{\"v\": 1}", "[{\"path\": \"/v\", \"keyword\": \"type\", \"message\": \"a\\u0000b\"}]"]
    ]') $$, 'a batch with violations of the schema'
);
select tests.act_as_owner();
select is(
    (select (c.call).violations from core.test_calls as c where c.payload ? 'v'),
    '[{"path": "/v", "keyword": "type", "message": "ab"}]',
    'its handler gets them'
);

-- One charger's failure is no other's --------------------------------------------------------

select tests.act_as_login('bridge');
select results_eq(
    $$ select ordinal, reply, error_code, error_description from pg_temp.call('[
        [1, "TestEcho", "{\"p\": 1}"], [2, "TestBreak", "{\"password\": \"hunter2\"}"],
        [3, "TestEcho", "{\"p\": 2}"], [2, "TestEcho", "{\"p\": 3}"]
    ]') $$,
    $$ values
        (1, '{"p":1}', null, null),
        (2, null, 'InternalError', 'the message could not be processed and was kept'),
        (3, '{"p":2}', null, null), (4, '{"p":3}', null, null) $$,
    'a message that breaks something gets InternalError without SQL, its mates their answers'
);
select tests.act_as_owner();
select results_eq(
    $$ select c.payload ->> 'p' from core.test_calls as c where c.payload ? 'p' order by 1 $$,
    array['1', '2', '3'],
    'the mates are stored'
);
select is_empty(
    $$ select from core.test_calls as c where c.payload ? 'password' $$,
    'the poison message left nothing'
);
select results_eq(
    $$ select f.tenant_id, f.charge_point_id, f.connection_id, f.message_id, f.action, f.payload,
           f.sqlstate, f.error
       from ops.failed_messages as f $$,
    $$ values (101::bigint, 1002::bigint, 2::bigint, 'm2', 'TestBreak', '{"password": "***"}',
        '22012', 'division by zero') $$,
    'it is put by, with its secret masked'
);
delete from ops.failed_messages;

select tests.act_as_login('bridge');
select results_eq(
    $$ select ordinal, reply, error_code from pg_temp.call('[
        [1, "TestAdopt", "{}"], [2, "TestOrphan", "{}"], [3, "TestEcho", "{}"]
    ]') $$,
    $$ values (1, '{}', null), (2, null, 'InternalError'), (3, '{}', null) $$,
    'a deferred constraint is checked within its message, after the message is complete'
);
select tests.act_as_owner();
select results_eq(
    'select parent_id from core.test_children', array[2], 'only the valid row stays'
);
select lives_ok('set constraints all immediate', 'nothing is left for the commit to fail on');

-- Conflicts and our own trouble ---------------------------------------------------------------

select tests.act_as_login('bridge');
select results_eq(
    $$ select ordinal, reply, error_code from pg_temp.call('[
        [1, "TestRetry", "{\"code\": \"40P01\", \"succeed_at\": 3}"], [2, "TestEcho", "{}"]
    ]') $$,
    $$ values (1, '{}', null), (2, '{}', null) $$,
    'a deadlock is tried again within the batch'
);
select tests.act_as_owner();
select is(
    (select count(*) from core.test_calls as c where c.payload ? 'succeed_at'), 1::bigint,
    'what the failed tries wrote is gone'
);
select tests.act_as_login('bridge');
select throws_ok(
    $$ select * from pg_temp.call('[
        [2, "TestEcho", "{}"], [1, "TestRetry", "{\"code\": \"40001\", \"succeed_at\": 100}"]
    ]') $$, '40001', 'conflict', 'one that does not go away fails the batch'
);
select throws_ok(
    format(
        $q$ select * from pg_temp.call('[[2, "TestEcho", "{\"x\": 1}"],
            [1, "TestFail", "{\"code\": \"%s\"}"]]') $q$, e.code
    ),
    e.code, null, format('SQLSTATE %s fails the batch: it is our trouble', e.code)
)
from unnest(array['57P01', '53100', '53200', '25006', '08006', '58030']) as e (code);
select tests.act_as_owner();
select is_empty(
    $$ select from core.test_calls as c where c.payload ? 'x' $$,
    'nothing of a batch that failed is stored'
);
delete from ops.failed_messages;
delete from ops.message_log;
select tests.act_as_login('bridge');
select results_eq(
    format(
        $q$ select ordinal, reply, error_code from pg_temp.call('[
            [1, "TestFail", "{\"code\": \"%s\"}"], [2, "TestEcho", "{\"u\": 1}"],
            [1, "TestEcho", "{\"u\": 2}"]]') $q$, e.code
    ),
    $$ values (2, '{"u":1}', null) $$,
    format('SQLSTATE %s leaves its charger without an outcome, and only that one', e.code)
)
from unnest(array['55P03', '42P01', '42501', '54000', 'XX000']) as e (code);
select is(
    current_setting('lock_timeout'), '0', 'the lock time-out is as before'
);
select tests.act_as_owner();
select is_empty(
    $$ select from ops.failed_messages $$, 'a message without an outcome is not put by'
);
select results_eq(
    $$ select l.direction, l.message_id, count(*) from ops.message_log as l
       group by l.direction, l.message_id order by 1, 2 $$,
    $$ values ('in', 'm1', 5::bigint), ('in', 'm2', 5), ('in', 'm3', 5), ('out', 'm2', 5) $$,
    'what was received is logged, and what was answered'
);

-- The arrays ---------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select is_empty(
    $$ select * from ocpp.handle_calls('{}', '{}', '{}', '{}', '{}', '{}') $$,
    'an empty batch is nothing'
);
select throws_ok(
    $$ select * from ocpp.handle_calls(
        array_fill(1::bigint, array[41]), array_fill('m'::text, array[41]),
        array_fill('TestEcho'::text, array[41]), array_fill('{}'::text, array[41]),
        array_fill(null::text, array[41]), array_fill(now(), array[41])
    ) $$, '22023', null, 'more than 40 messages are refused'
);
select throws_ok(
    $$ select * from ocpp.handle_calls(
        '{1,2}', '{a}', '{TestEcho,TestEcho}', '{null,null}', '{null,null}',
        array[now(), now()]
    ) $$, '22023', null, 'and so are arrays of different lengths'
);
select * from finish();
rollback;
