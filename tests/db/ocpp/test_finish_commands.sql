-- What becomes of commands: answers of any kind, none, late ones, and connections that end.
begin;
select plan(53);
select tests.act_as_owner();
delete from ops.message_log;
delete from ops.failed_messages;
insert into ops.command_actions (ocpp_version, action, permission, is_kept, expires_in)
values ('1.6', 'TestPing', 'commands.write', true, '5 minutes');
insert into ops.message_schemas (ocpp_version, action, schema, digest)
values ('1.6', 'TestPing', '{}', 'test');
create table core.test_hooks (
    id bigint generated always as identity,
    word text,
    state text,
    payload jsonb,
    result jsonb
);
create table core.test_parents (id integer constraint test_parents_pkey primary key);
create table core.test_children (
    parent_id integer,
    constraint test_children_parent_fkey foreign key (parent_id) references core.test_parents (id)
    deferrable initially deferred
);
create function ocpp16.finished_test_ping(
    p_command ops.commands, p_payload jsonb, p_result jsonb
)
returns void language plpgsql as $$
begin
    insert into core.test_hooks (word, state, payload, result)
    values (p_payload ->> 'word', p_command.state, p_payload, p_result);
    if p_payload ->> 'word' = 'break' then
        perform 1 / 0;
    end if;
    if p_payload ->> 'word' = 'tell' then
        raise exception 'password=% is wrong', p_payload ->> 'password';
    end if;
    if p_payload ->> 'word' = 'orphan' then
        insert into core.test_children (parent_id) values (1);
    end if;
end;
$$;
-- Queue a command and take it; its message id is its word.
create function pg_temp.send(p_id bigint, p_word text, p_more jsonb default '{}')
returns text language plpgsql as $$
declare
    v_id bigint;
begin
    select q.id into v_id
    from core.charge_points as cp
    cross join lateral fleet.queue_command(
        cp, 'TestPing', p_more || jsonb_build_object('word', p_word)
    ) as q
    where cp.id = p_id;
    update ops.commands as q set message_id = p_word where q.id = v_id;
    perform ocpp.take_commands('00000000-0000-4000-b000-000000000001', array[p_id]);
    return p_word;
end;
$$;
create function pg_temp.finish(
    p_connection_id bigint, p_word text, p_outcome text, p_payload text default null,
    p_code text default null, p_description text default null, p_violations text default null
)
returns bigint[] language sql as $$
    select ocpp.finish_commands(
        array[p_connection_id], array[p_word], array[p_outcome], array[p_payload],
        array[p_code], array[p_description], array[p_violations], array[now()]
    );
$$;
create function pg_temp.row_of(p_word text)
returns table (
    state text, result jsonb, error_code text, error_description text, is_answered boolean,
    is_finished boolean
)
language sql as $$
    select q.state, q.result, q.error_code, q.error_description, q.answered_at is not null,
        q.finished_at is not null
    from ops.commands as q
    where q.message_id = p_word;
$$;
create function pg_temp.hooks_of(p_word text)
returns table (state text, result jsonb) language sql as $$
    select h.state, h.result from core.test_hooks as h where h.word = p_word order by h.id;
$$;

-- Answers ----------------------------------------------------------------------------------

select pg_temp.send(1001, 'yes', '{"password": "hunter2"}');
select is(pg_temp.finish(1001, 'yes', 'result', '{"status":"Accepted"}'), '{}', 'an answer');
select results_eq(
    $$ select * from pg_temp.row_of('yes') $$,
    $$ values ('accepted', '{"status": "Accepted"}'::jsonb, null::text, null::text, true, true) $$,
    'that means yes'
);
select results_eq(
    $$ select h.payload ->> 'password', h.result from core.test_hooks as h $$,
    $$ values ('hunter2', '{"status": "Accepted"}'::jsonb) $$,
    'its action hears of it, with the whole payload'
);
select is_empty(
    $$ select from ops.command_secrets as s where s.payload ->> 'word' = 'yes' $$,
    'which is given up then'
);
select pg_temp.send(1001, 'no');
select pg_temp.finish(1001, 'no', 'result', '{"status":"Rejected"}');
select results_eq(
    $$ select r.state, r.result from pg_temp.row_of('no') as r $$,
    $$ values ('rejected', '{"status": "Rejected"}'::jsonb) $$, 'one that means no'
);
select pg_temp.send(1001, 'error');
select pg_temp.finish(
    1001, 'error', 'error', '{"why":"so"}', 'NotSupported', 'password=hunter2 is wrong'
);
select results_eq(
    $$ select * from pg_temp.row_of('error') $$,
    $$ values ('error', null::jsonb, 'NotSupported', 'password=*** is wrong', true, true) $$,
    'an error, its words masked'
);
select results_eq(
    $$ select * from pg_temp.hooks_of('error') $$, $$ values ('error', null::jsonb) $$,
    'its action hears of it, without a result'
);
select pg_temp.send(1001, 'secret');
select pg_temp.finish(
    1001, 'secret', 'result',
    '{"status":"Accepted","configurationKey":[{"key":"AuthorizationKey","value":"hunter2"}]}',
    null, null, '[{"path":"/x","keyword":"type","message":"is odd"}]'
);
select is(
    (select r.result #>> '{configurationKey,0,value}' from pg_temp.row_of('secret') as r), '***',
    'secrets of an answer are masked'
);
select is(
    (select h.result #>> '{configurationKey,0,value}' from pg_temp.hooks_of('secret') as h),
    'hunter2', 'but not for its action'
);
select is(
    (select q.violations from ops.commands as q where q.message_id = 'secret'),
    '[{"path": "/x", "keyword": "type", "message": "is odd"}]',
    'what breaks its schema is kept and flagged'
);
select results_eq(
    $$ select m.message_id, m.direction, m.message_type, m.action, m.payload, m.error_code
       from ops.message_log as m where m.direction = 'in' order by m.id $$,
    $$ values
        ('yes', 'in', 3::smallint, 'TestPing', '{"status":"Accepted"}', null::text),
        ('no', 'in', 3::smallint, 'TestPing', '{"status":"Rejected"}', null),
        ('error', 'in', 4::smallint, 'TestPing', '{"why":"so"}', 'NotSupported'),
        ('secret', 'in', 3::smallint, 'TestPing',
            '{"status":"Accepted","configurationKey":[{"key":"AuthorizationKey","value":"***"}]}',
            null) $$,
    'the log has the frames'
);

-- Garbage ----------------------------------------------------------------------------------

select pg_temp.send(1001, 'g' || g.n), pg_temp.finish(1001, 'g' || g.n, 'result', g.payload)
from (
    values
        (1, '[]'), (2, 'null'), (3, '"Accepted"'), (4, '{"status":["Accepted"]}'),
        (5, '{"status":"Acc\u0000epted"}'), (6, '{"status":"Accepted","x":"\ud800"}'),
        (7, '{"status":'), (8, ''), (9, null), (10, '{"status":1e999999}'), (11, '{}'),
        (12, '{"status":"accepted"}')
) as g (n, payload);
select results_eq(
    $$ select substr(q.message_id, 2)::integer, q.state, q.error_code, q.result
       from ops.commands as q where q.message_id ~ '^g[0-9]' order by 1 $$,
    $$ values
        (1, 'rejected', null::text, '[]'::jsonb),
        (2, 'rejected', null, 'null'),
        (3, 'rejected', null, '"Accepted"'),
        (4, 'rejected', null, '{"status": ["Accepted"]}'),
        (5, 'accepted', null, '{"status": "Accepted"}'),
        (6, 'accepted', null, '{"status": "Accepted", "x": ""}'),
        (7, 'error', 'FormationViolation', null),
        (8, 'error', 'FormationViolation', null),
        (9, 'rejected', null, 'null'),
        (10, 'error', 'FormationViolation', null),
        (11, 'rejected', null, '{}'),
        (12, 'accepted', null, '{"status": "accepted"}') $$,
    'an answer can be anything'
);
select is(
    (select count(*) from core.test_hooks as h where h.word ~ '^g[0-9]'), 12::bigint,
    'each is heard of'
);

-- No answer, and a late one ----------------------------------------------------------------

select pg_temp.send(1001, 'late', '{"password": "hunter2"}');
select pg_temp.finish(1001, 'late', 'timeout');
select results_eq(
    $$ select * from pg_temp.row_of('late') $$,
    $$ values ('unknown', null::jsonb, 'Timeout', null::text, false, true) $$,
    'no answer: it may have been carried out'
);
select isnt_empty(
    $$ select from ops.command_secrets as s where s.payload ->> 'word' = 'late' $$,
    'its payload is still needed'
);
select pg_temp.finish(1001, 'late', 'timeout');
select pg_temp.finish(1001, 'late', 'result', '{"status":"Accepted"}');
select results_eq(
    $$ select * from pg_temp.row_of('late') $$,
    $$ values ('accepted', '{"status": "Accepted"}'::jsonb, null::text, null::text, true, true) $$,
    'the answer that comes late counts'
);
select results_eq(
    $$ select * from pg_temp.hooks_of('late') $$,
    $$ values ('unknown', null::jsonb), ('accepted', '{"status": "Accepted"}') $$,
    'its action hears of both, of each once'
);
select is(
    (select count(*) from core.test_hooks as h where h.payload ->> 'password' = 'hunter2'
        and h.word = 'late'),
    2::bigint, 'each time with the whole payload'
);
select is_empty(
    $$ select from ops.command_secrets as s where s.payload ->> 'word' = 'late' $$,
    'which is given up now'
);
select pg_temp.finish(1001, 'late', 'result', '{"status":"Rejected"}');
select is(
    (select r.state from pg_temp.row_of('late') as r), 'accepted', 'a second answer does not'
);
select pg_temp.send(1001, 'late error');
select pg_temp.finish(1001, 'late error', 'timeout');
select pg_temp.finish(1001, 'late error', 'error', '{}', 'GenericError', 'sorry');
select is(
    (select row(r.state, r.error_code, r.error_description)::text
     from pg_temp.row_of('late error') as r),
    '(error,GenericError,sorry)', 'a late error counts as well'
);
select is(
    (select m.payload from ops.message_log as m
     where m.message_id = 'late error' and m.direction = 'in'),
    '"sorry"', 'of an error without details the log has the words'
);

-- Answers to nothing -----------------------------------------------------------------------

select is(
    pg_temp.finish(1001, 'nobody asked', 'result', '{"status":"Accepted"}'), '{}',
    'an answer that nobody waits for'
);
select isnt_empty(
    $$ select from ops.message_log as m where m.message_id = 'nobody asked' $$, 'is only logged'
);
select pg_temp.send(1001, 'mine');
select pg_temp.finish(2001, 'mine', 'result', '{"status":"Accepted"}');
select is(
    (select r.state from pg_temp.row_of('mine') as r), 'sent',
    'another charger''s answer under the same message id'
);
select lives_ok(
    $$ select pg_temp.finish(77, 'mine', 'result', '{"status":"Accepted"}') $$,
    'one of a connection that there is not'
);
select pg_temp.finish(1001, 'mine', 'result', '{"status":"Accepted"}');

-- Not written ------------------------------------------------------------------------------

select pg_temp.send(1001, 'unsent');
select is(
    pg_temp.finish(1001, 'unsent', 'unsent'), array[1001::bigint],
    'a frame that was not written: the connection has a command waiting'
);
select is(
    (select row(q.state, q.connection_id, q.sent_at, q.answer_due_at, q.finished_at)::text
     from ops.commands as q where q.message_id = 'unsent'),
    '(queued,,,,)', 'it is back in the queue'
);
select is(
    (select t.message_id
     from ocpp.take_commands('00000000-0000-4000-b000-000000000001', array[1001]) as t),
    'unsent', 'and goes again under the same message id'
);
select is_empty($$ select pg_temp.hooks_of('unsent') $$, 'nobody hears of it');
select pg_temp.finish(1001, 'unsent', 'result', '{"status":"Accepted"}');
select pg_temp.send(1001, 'invalid');
select pg_temp.finish(1001, 'invalid', 'invalid', null, null, '/type is odd');
select is(
    (select row(r.state, r.error_code, r.error_description, r.is_answered)::text
     from pg_temp.row_of('invalid') as r),
    '(error,FormationViolation,"/type is odd",f)', 'what the bridge will not send is an error'
);
select throws_ok(
    $$ select pg_temp.send(1001, 'odd'), pg_temp.finish(1001, 'odd', 'maybe') $$,
    '22023', null, 'there are no other outcomes'
);

-- An action that fails ---------------------------------------------------------------------

select pg_temp.send(1001, 'break'), pg_temp.send(2001, 'fine');
select lives_ok(
    $$ select ocpp.finish_commands(
        array[1001, 2001], array['break', 'fine'], array['result', 'result'],
        array['{"status":"Accepted"}', '{"status":"Accepted"}'], array[null, null],
        array[null, null], array[null, null], array[now(), now()]
    ) $$,
    'a function of an action fails'
);
select results_eq(
    $$ select q.message_id, q.state from ops.commands as q
       where q.message_id in ('break', 'fine') order by 1 $$,
    $$ values ('break', 'accepted'), ('fine', 'accepted') $$,
    'the answers are kept, and others'' commands are not touched'
);
select results_eq(
    $$ select f.message_id, f.action, f.sqlstate, f.payload from ops.failed_messages as f $$,
    $$ values ('break', 'TestPing', '22012', '{"status":"Accepted"}') $$, 'it is put by'
);
select is_empty($$ select pg_temp.hooks_of('break') $$, 'what it wrote is undone');
select pg_temp.send(1001, 'tell', '{"password": "hunter2"}');
select pg_temp.finish(1001, 'tell', 'result', '{"status":"Accepted"}');
select is(
    (select f.error from ops.failed_messages as f where f.message_id = 'tell'),
    'password=*** is wrong', 'its words are masked'
);
select pg_temp.send(1001, 'orphan');
select pg_temp.finish(1001, 'orphan', 'result', '{"status":"Accepted"}');
select is(
    (select f.sqlstate from ops.failed_messages as f where f.message_id = 'orphan'), '23503',
    'a deferred constraint speaks in time'
);

select pg_temp.send(1001, 'quoted');
select pg_temp.finish(
    1001, 'quoted', 'result', '{"configurationKey":{"key":"AuthorizationKey","value":"0011aa"}}',
    p_violations => '[{"path":"/configurationKey","keyword":"type","message":'
    '"{\"key\":\"AuthorizationKey\",\"value\":\"0011aa\"} is not of type \"array\""}]'
);
select results_eq(
    $$ select
           strpos(q.violations::text, '0011aa'), q.violations #>> '{0,path}', q.result::text
       from ops.commands as q where q.message_id = 'quoted' $$,
    $$ values (
           0, '/configurationKey',
           '{"configurationKey": {"key": "AuthorizationKey", "value": "***"}}'
       ) $$,
    'what breaks the schema is kept without the secrets that it quotes'
);

-- Connections that end ---------------------------------------------------------------------

select pg_temp.send(1001, 'cut', '{"password": "hunter2"}'), pg_temp.send(2001, 'not cut');
select is(fleet.end_connections(array[1001], 1006, 'lost'), 1, 'a socket is lost');
select results_eq(
    $$ select * from pg_temp.row_of('cut') $$,
    $$ values ('unknown', null::jsonb, 'ConnectionLost', null::text, false, true) $$,
    'the command in flight is unknown'
);
select results_eq(
    $$ select * from pg_temp.hooks_of('cut') $$, $$ values ('unknown', null::jsonb) $$,
    'its action hears of it'
);
select is((select r.state from pg_temp.row_of('not cut') as r), 'sent', 'others are in flight');
select is(
    pg_temp.finish(1001, 'cut', 'unsent'), '{}',
    'the bridge knows that its frame was not written'
);
select is((select r.state from pg_temp.row_of('cut') as r), 'queued', 'so it waits again');
select isnt_empty(
    $$ select from ops.command_secrets as s where s.payload ->> 'word' = 'cut' $$,
    'with its secret'
);
select fleet.begin_connection(
    jsonb_populate_record(
        null::ops.connections,
        '{"tenant_id": 102, "charge_point_id": 2001, "subprotocol": "ocpp1.6", "is_tls": false,
          "flags": [], "bridge_id": "00000000-0000-4000-b000-000000000001"}'
    )
);
select is(
    (select row(r.state, r.error_code)::text from pg_temp.row_of('not cut') as r),
    '(unknown,ConnectionLost)', 'so is that of a socket that is replaced'
);
select pg_temp.finish(2001, 'not cut', 'result', '{"status":"Accepted"}');
select is(
    (select r.state from pg_temp.row_of('not cut') as r), 'accepted',
    'an answer that the old socket had received still counts'
);

-- Batches ----------------------------------------------------------------------------------

select is(
    ocpp.finish_commands('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'), '{}', 'nothing at all'
);
select throws_ok(
    $$ select ocpp.finish_commands(
        array[1001], '{}', '{}', '{}', '{}', '{}', '{}', '{}'
    ) $$,
    '22023', null, 'arrays have one length'
);
select set_config('synchronous_commit', 'off', true);
select pg_temp.finish(1001, 'nobody asked', 'result', '{}');
select is(
    current_setting('synchronous_commit'), 'on', 'what became of a command is on disk'
);
select tests.act_as_login('bridge');
select lives_ok(
    $$ select ocpp.finish_commands(
        array[1001], array['x'], array['timeout'], array[null], array[null], array[null],
        array[null], array[now()]
    ) $$,
    'the bridge may call it'
);
select throws_ok(
    $$ select fleet.lose_commands(array[1001]) $$, '42501', null, 'and nothing behind it'
);
select * from finish();
rollback;
