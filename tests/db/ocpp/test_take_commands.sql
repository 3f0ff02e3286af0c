-- Taking commands: the oldest of each connection, one in flight, never twice.
begin;
select plan(39);
select tests.act_as_owner();
insert into ops.bridges (id, host) values ('00000000-0000-4000-b000-000000000002', 'other');
delete from ops.message_log;
insert into ops.command_actions (ocpp_version, action, permission, is_kept, expires_in)
values ('1.6', 'TestPing', 'commands.write', true, '5 minutes');
insert into ops.message_schemas (ocpp_version, action, schema, digest)
values ('1.6', 'TestPing', '{}', 'test');
create function pg_temp.queue(p_id bigint, p_word text, p_more jsonb default '{}')
returns bigint language sql as $$
    select q.id
    from core.charge_points as cp
    cross join lateral fleet.queue_command(
        cp, 'TestPing', p_more || jsonb_build_object('word', p_word)
    ) as q
    where cp.id = p_id;
$$;
create function pg_temp.taken(p_connection_ids bigint[], p_bridge text default '1')
returns table (connection_id bigint, word text) language sql as $$
    select t.connection_id, t.payload::jsonb ->> 'word'
    from ocpp.take_commands(
        ('00000000-0000-4000-b000-00000000000' || p_bridge)::uuid, p_connection_ids
    ) as t
    order by 1;
$$;
create function pg_temp.waiting(p_bridge text default '1')
returns bigint[] language sql as $$
    select ocpp.list_waiting_connections(
        ('00000000-0000-4000-b000-00000000000' || p_bridge)::uuid
    );
$$;
create function pg_temp.state_of(p_word text)
returns text language sql security definer as $$
    select q.state from ops.commands as q where q.payload ->> 'word' = p_word;
$$;
grant execute on function pg_temp.taken(bigint[], text) to bridge;
grant execute on function pg_temp.waiting(text) to bridge;
grant execute on function pg_temp.state_of(text) to bridge;

-- In order, one in flight ------------------------------------------------------------------

select is(pg_temp.waiting(), '{}', 'nothing waits');
select is_empty($$ select pg_temp.taken('{1001, 2001}') $$, 'nothing is taken');
select pg_temp.queue(1001, 'one', '{"list": [1, {"a": "b c"}], "password": "hunter2"}'),
    pg_temp.queue(1001, 'two'), pg_temp.queue(2001, 'three'), pg_temp.queue(1002, 'away');
select tests.act_as_login('bridge');
select is(
    pg_temp.waiting(), array[1001, 2001]::bigint[], 'connections with a command wait, once each'
);
select is(pg_temp.waiting('2'), '{}', 'none of them is another bridge''s');
select is_empty(
    $$ select pg_temp.taken('{1001, 2001}', '2') $$, 'which may not take from them either'
);
select results_eq(
    $$ select t.connection_id, t.action, t.payload, t.timeout_s, length(t.message_id)
       from ocpp.take_commands('00000000-0000-4000-b000-000000000001', array[1001]) as t $$,
    $$ values (1001::bigint, 'TestPing',
        '{"list":[1,{"a":"b c"}],"word":"one","password":"hunter2"}', 30::numeric, 36) $$,
    'the oldest of a connection, as compact JSON with its secret'
);
select is(pg_temp.state_of('one'), 'sent', 'it is in flight');
select is(pg_temp.waiting(), array[2001::bigint], 'the next one waits until it is finished');
select results_eq(
    $$ select t.connection_id, t.word from pg_temp.taken('{2001, 1001, 2001, null, 77}') as t $$,
    $$ values (2001::bigint, 'three') $$,
    'two connections at once: one has something in flight'
);
select tests.act_as_owner();
select is(
    (select row(q.connection_id, q.sent_at is not null, q.answer_due_at - q.sent_at
        between interval '29.9 s' and interval '30.1 s')::text
     from ops.commands as q where q.payload ->> 'word' = 'one'),
    '(1001,t,t)', 'where it went, when, and until when an answer is due'
);
select results_eq(
    $$ select m.charge_point_id, m.connection_id, m.direction, m.message_type, m.action, m.payload
       from ops.message_log as m order by m.id $$,
    $$ values
        (1001::bigint, 1001::bigint, 'out', 2::smallint, 'TestPing',
            '{"list":[1,{"a":"b c"}],"word":"one","password":"***"}'),
        (2001, 2001, 'out', 2::smallint, 'TestPing', '{"word":"three"}') $$,
    'the log has the frames, without the secret'
);
select is(
    (select count(*) from ops.message_log as m
     inner join ops.commands as q on q.message_id = m.message_id),
    2::bigint, 'under their message ids'
);
select is(pg_temp.state_of('away'), 'queued', 'what waits for a charger that is away, waits');

-- What is passed over ----------------------------------------------------------------------

update ops.commands as q
set state = 'unknown', finished_at = now()
where q.state = 'sent';
update ops.commands as q set expires_at = now() - interval '1 second'
where q.payload ->> 'word' = 'two';
select is(pg_temp.waiting(), '{}', 'what has expired is not worth taking');
select is_empty($$ select pg_temp.taken('{1001}') $$, 'and is not taken');
select pg_temp.queue(1001, 'four');
select results_eq(
    $$ select * from pg_temp.taken('{1001}') $$, $$ values (1001::bigint, 'four') $$,
    'the next one is'
);
update ops.commands as q set state = 'unknown', finished_at = now() where q.state = 'sent';
select pg_temp.queue(1001, 'five');
update ops.connections as c set closed_at = now() where c.id = 1001;
select is(pg_temp.waiting(), '{}', 'a connection that is closed does not wait');
select is_empty($$ select pg_temp.taken('{1001}') $$, 'and takes nothing');
insert into ops.connections (
    id, tenant_id, charge_point_id, bridge_id, outcome, subprotocol, closed_at
)
overriding system value
values
    (5001, 101, 1001, '00000000-0000-4000-b000-000000000002', 'accepted', 'ocpp1.6', null),
    (5002, 101, 1001, '00000000-0000-4000-b000-000000000002', 'refused', 'ocpp1.6', now());
select is(pg_temp.waiting('2'), array[5001::bigint], 'its successor does, at another bridge');
select is_empty($$ select pg_temp.taken('{5002}', '2') $$, 'a refused one takes nothing');
update ops.connections as c set subprotocol = 'ocpp2.0.1' where c.id = 5001;
select is(pg_temp.waiting('2'), '{}', 'a charger that came back in another version is not asked');
select is_empty($$ select pg_temp.taken('{5001}', '2') $$, 'for it would not understand');
update ops.connections as c set subprotocol = 'ocpp1.6' where c.id = 5001;
select results_eq(
    $$ select * from pg_temp.taken('{5001}', '2') $$, $$ values (5001::bigint, 'five') $$,
    'what waited goes over the new connection'
);

-- What may not be sent yet (OCPP 1.6 §4.2): the registration changed while it waited --------

update ops.commands as q set state = 'unknown', finished_at = now() where q.state = 'sent';
insert into ops.commands (
    tenant_id, charge_point_id, ocpp_version, action, payload, state, is_kept, expires_at,
    requested_via
)
values
    (
        101, 1001, '1.6', 'RemoteStartTransaction', '{"word": "start"}', 'queued', true,
        now() + interval '1 hour', 'api'
    ),
    (
        101, 1001, '1.6', 'RemoteStopTransaction', '{"word": "stop"}', 'queued', true,
        now() + interval '1 hour', 'api'
    );
update core.charge_points as cp set registration_status = 'Pending' where cp.id = 1001;
select is(pg_temp.waiting('2'), '{}', 'a start does not wait at a charger that is Pending');
select is_empty($$ select pg_temp.taken('{5001}', '2') $$, 'and is not taken');
select pg_temp.queue(1001, 'ping');
select is(pg_temp.waiting('2'), array[5001::bigint], 'something else does');
select results_eq(
    $$ select * from pg_temp.taken('{5001}', '2') $$, $$ values (5001::bigint, 'ping') $$,
    'and is taken past it'
);
select is(
    (
        select ocpp.finish_commands(
            array[5001], array[q.message_id], '{result}', '{"{}"}', '{null}', '{null}', '{null}',
            array[now()]
        )
        from ops.commands as q
        where q.payload ->> 'word' = 'ping'
    ),
    '{}', 'after which nothing waits'
);
update core.charge_points as cp set registration_status = 'Accepted' where cp.id = 1001;
select is(pg_temp.waiting('2'), array[5001::bigint], 'once it is accepted, the start waits');
select results_eq(
    $$ select * from pg_temp.taken('{5001}', '2') $$, $$ values (5001::bigint, 'start') $$,
    'and is taken'
);
select results_eq(
    $$ select a.action, s.status, fleet.may_be_sent(a.action, s.status)
       from (values ('RemoteStartTransaction'), ('Reset')) as a (action)
       cross join (values ('Accepted'), ('Rejected')) as s (status) order by 1, 2 $$,
    $$ values ('RemoteStartTransaction', 'Accepted', true),
        ('RemoteStartTransaction', 'Rejected', false),
        ('Reset', 'Accepted', true), ('Reset', 'Rejected', true) $$,
    'it is remote starts and stops that may not be sent'
);
delete from ops.commands as q where q.payload ->> 'word' in ('start', 'stop', 'ping');

-- Settings ---------------------------------------------------------------------------------

update ops.commands as q set state = 'unknown', finished_at = now() where q.state = 'sent';
update core.charge_points as cp set quirks = '{"command_timeout_s": 90}' where cp.id = 1001;
select pg_temp.queue(1001, 'six');
select is(
    (select t.timeout_s
     from ocpp.take_commands('00000000-0000-4000-b000-000000000002', array[5001]) as t),
    90::numeric, 'a slow charger has its own time-out'
);
select throws_ok(
    $$ select ocpp.take_commands('00000000-0000-4000-b000-000000000001',
        array(select generate_series(1, 41))) $$,
    '22023', null, 'at most 40 connections at once'
);
select is_empty(
    $$ select ocpp.take_commands('00000000-0000-4000-b000-000000000001', null) $$,
    'no connections, no commands'
);
select set_config('synchronous_commit', 'off', true);
select pg_temp.queue(2001, 'seven');
update ops.commands as q set state = 'unknown', finished_at = now() where q.state = 'sent';
select results_eq(
    $$ select * from pg_temp.taken('{2001}') $$, $$ values (2001::bigint, 'seven') $$, 'one more'
);
select is(
    current_setting('synchronous_commit'), 'on',
    'what is sent is on disk before its frame is written'
);

-- Schemas ----------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select lives_ok(
    $$ select ocpp.store_schemas('1.6', 'other', '{"Reset": {"type": "object"}, "New": {}}') $$,
    'a bridge brings the schemas of its library'
);
select is(
    ocpp.start_bridge('00000000-0000-4000-b000-000000000001', 'test') -> 'schema_digests' ->> '1.6',
    'other', 'and hears which are there when it starts'
);
select tests.act_as_owner();
select results_eq(
    $$ select m.action, m.schema, m.digest from ops.message_schemas as m order by 1 $$,
    $$ values ('New', '{}'::jsonb, 'other'), ('Reset', '{"type": "object"}', 'other') $$,
    'they replace those before them'
);
select * from finish();
rollback;
