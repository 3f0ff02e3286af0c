-- Queueing: what is checked, completed, kept and masked before a command waits for its charger.
begin;
select plan(40);
select tests.act_as_owner();

-- A message of tests, so that its functions are this test's alone.
insert into ops.command_actions (ocpp_version, action, permission, is_kept, expires_in)
values
    ('1.6', 'TestPing', 'commands.write', false, '5 minutes'),
    ('1.6', 'TestKept', 'commands.write', true, '7 days'),
    ('1.6', 'TestBare', 'commands.write', true, '1 day');
insert into ops.message_schemas (ocpp_version, action, schema, digest)
select
    '1.6', a.action,
    '{
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object", "additionalProperties": false, "required": ["word"],
        "properties": {
            "word": {"type": "string", "maxLength": 5},
            "password": {"type": "string"}, "echo": {"type": "string"}, "n": {"type": "integer"}
        }
    }',
    'test'
from (values ('TestPing'), ('TestKept')) as a (action);
create table core.test_hooks (
    id bigint generated always as identity,
    step text,
    command ops.commands,
    payload jsonb,
    result jsonb
);
create function ocpp16.prepare_test_ping(p_charge_point core.charge_points, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    if p_payload ->> 'word' = 'no' then
        raise exception using errcode = 'PT409', message = 'no', detail = '{"error":"test"}';
    end if;
    return p_payload || jsonb_build_object('echo', p_charge_point.identity);
end;
$$;
create function ocpp16.queued_test_ping(p_command ops.commands, p_payload jsonb)
returns void language plpgsql as $$
begin
    insert into core.test_hooks (step, command, payload) values ('queued', p_command, p_payload);
end;
$$;
create function pg_temp.queue(p_id bigint, p_action text, p_payload jsonb, p_keep boolean)
returns ops.commands language sql as $$
    select q.*
    from core.charge_points as cp
    cross join lateral fleet.queue_command(cp, p_action, p_payload, p_keep) as q
    where cp.id = p_id;
$$;
create temporary view queued as
select q.* from ops.commands as q where q.action like 'Test%' order by q.id;

-- A command that waits ---------------------------------------------------------------------

select isnt(
    pg_temp.queue(1001, 'TestPing', '{"word": "hello", "password": "hunter2"}', null),
    null, 'a command for a charger that is there is queued'
);
select results_eq(
    $$ select q.tenant_id, q.charge_point_id, q.ocpp_version, q.state, q.is_kept,
           q.requested_via, q.requested_by, q.batch_id, q.sent_at, q.finished_at
       from pg_temp.queued as q $$,
    $$ values (101::bigint, 1001::bigint, '1.6', 'queued', false, 'api', null::uuid, null::uuid,
           null::timestamptz, null::timestamptz) $$,
    'with what is known of it; nobody asked for it by a token'
);
select is(
    (select date_trunc('second', q.expires_at - q.created_at) from pg_temp.queued as q),
    interval '5 minutes', 'it expires as its action says'
);
select is(
    (select q.payload from pg_temp.queued as q),
    '{"word": "hello", "password": "***", "echo": "GW-CP-1"}',
    'completed by the function of its action, its secret masked'
);
select is(
    (select s.payload from ops.command_secrets as s where s.command_id <> all('{1002, 2002}')),
    '{"word": "hello", "password": "hunter2", "echo": "GW-CP-1"}',
    'the whole is kept aside until it is finished'
);
select results_eq(
    $$ select h.step, (h.command).id, (h.command).payload ->> 'password', h.payload ->> 'password'
       from core.test_hooks as h $$,
    $$ select 'queued', q.id, '***', 'hunter2' from pg_temp.queued as q $$,
    'and the function for what was queued has row and payload'
);
select ok(
    (select q.message_id ~ '^[0-9a-f-]{36}$' from pg_temp.queued as q),
    'its message id is a UUID, of 36 characters'
);

-- What is refused --------------------------------------------------------------------------

create function pg_temp.refusal(p_query text)
returns text language plpgsql as $$
declare
    v_detail text;
begin
    execute p_query;
    return 'nothing';
exception
    when others then
        get stacked diagnostics v_detail = pg_exception_detail;
        return sqlstate || ' ' || coalesce(v_detail::jsonb ->> 'error', sqlerrm);
end;
$$;
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, 'BootNotification', '{}', null) $$),
    'PT400 command_action_unknown', 'a message that a central system does not send'
);
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, null, '{}', null) $$),
    'PT400 command_action_unknown', 'no message at all'
);
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, 'TestPing', '{"word": "too long"}', null) $$),
    'PT400 command_payload_invalid', 'a payload that breaks the schema'
);
select throws_ok(
    $$ select pg_temp.queue(1001, 'TestKept', '{"word": "too long", "x/y": 1}', null) $$,
    'PT400', 'the payload is no valid TestKept', 'the refusal says which message'
);
create function pg_temp.violations(p_query text)
returns jsonb language plpgsql as $$
declare
    v_detail text;
begin
    execute p_query;
    return null;
exception
    when sqlstate 'PT400' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail::jsonb -> 'violations';
end;
$$;
select is(
    pg_temp.violations(
        $$ select pg_temp.queue(1001, 'TestKept', '{"word": "too long", "x/y": 1}', null) $$
    ),
    '[
        {"path": "", "keyword": "additionalProperties",
         "message": "has \"x/y\", which is not known here"},
        {"path": "/word", "keyword": "maxLength", "message": "is longer than 5 characters"}
    ]',
    'and where and why'
);
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, 'TestKept', '[]', null) $$),
    'PT400 command_payload_invalid', 'a payload that is no object'
);
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, 'TestBare', '{}', null) $$),
    'PT503 message_schema_missing', 'a message whose schema has not arrived yet'
);
select is(
    pg_temp.refusal(
        $$ select pg_temp.queue(
            1001, 'DataTransfer',
            jsonb_build_object('vendorId', 'x', 'data', repeat('x', 250000)), null
        ) $$
    ),
    'PT400 command_payload_invalid', 'more than a frame should hold'
);
select is(
    pg_temp.violations(
        $$ select pg_temp.queue(1001, 'TestKept', '{"word": "x", "n": 2147483648}', null) $$
    ) #>> '{0,keyword}',
    'range', 'a number that a charger cannot hold'
);
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, 'TestPing', '{"word": "no"}', null) $$),
    'PT409 test', 'what the function of the action refuses'
);
select is(
    pg_temp.refusal(
        $$ select fleet.queue_command(cp, 'TestKept', '{"word": "x"}', null, '91 days')
           from core.charge_points as cp where cp.id = 1001 $$
    ),
    'PT400 command_expiry_invalid', 'an expiry too far away'
);
select is(
    pg_temp.refusal(
        $$ select fleet.queue_command(cp, 'TestKept', '{"word": "x"}', null, '0')
           from core.charge_points as cp where cp.id = 1001 $$
    ),
    'PT400 command_expiry_invalid', 'or none'
);
select is(
    pg_temp.refusal($$ select pg_temp.queue(1002, 'TestPing', '{"word": "x"}', null) $$),
    'PT409 charge_point_offline', 'an action that does not wait, for a charger that is away'
);
select is(
    pg_temp.refusal($$ select pg_temp.queue(1002, 'TestPing', '{"word": "too long"}', null) $$),
    'PT400 command_payload_invalid', 'whose payload is looked at first'
);
select is(
    pg_temp.refusal($$ select pg_temp.queue(1002, 'TestKept', '{"word": "x"}', false) $$),
    'PT409 charge_point_offline', 'one that need not wait this time'
);
select is(
    (pg_temp.queue(1002, 'TestPing', '{"word": "x"}', true)).state,
    'queued', 'keep lets it wait'
);
select is(
    (pg_temp.queue(1002, 'TestKept', '{"word": "x"}', null)).state,
    'queued', 'as its action may by itself'
);
update ops.presence as p set last_seen_at = now() - interval '1 hour'
where p.charge_point_id = 1001;
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, 'TestPing', '{"word": "x"}', null) $$),
    'PT409 charge_point_offline', 'a charger that fell silent is away, whatever its socket says'
);
update ops.presence as p set last_seen_at = now() where p.charge_point_id = 1001;
update core.charge_points as cp set is_enabled = false where cp.id = 1001;
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, 'TestKept', '{"word": "x"}', null) $$),
    'PT409 charge_point_disabled', 'a charger that is disabled'
);
update core.charge_points as cp
set is_enabled = true, registration_status = 'Pending'
where cp.id = 1001;
select is(
    pg_temp.refusal(
        $$ select pg_temp.queue(1001, 'RemoteStartTransaction', '{"idTag": "GWTOKEN1"}', null) $$
    ),
    'PT409 charge_point_not_accepted', 'no transactions before registration'
);
select is(
    (pg_temp.queue(1001, 'TestPing', '{"word": "x"}', null)).state,
    'queued', 'while other commands are for that very time'
);
update core.charge_points as cp set registration_status = 'Accepted' where cp.id = 1001;
update ops.settings as s set value = '2' where s.name = 'commands.max_queued';
select is(
    pg_temp.refusal($$ select pg_temp.queue(1001, 'TestPing', '{"word": "x"}', null) $$),
    'PT409 command_queue_full', 'more than may wait'
);

-- For many at once -------------------------------------------------------------------------

delete from core.test_hooks;
create function pg_temp.queue_for_group(p_id bigint, p_action text, p_payload jsonb)
returns ops.commands language sql as $$
    select q.*
    from core.charge_points as cp
    cross join lateral fleet.queue_command(
        cp, p_action, p_payload, p_requested_via => 'campaign',
        p_batch_id => gen_random_uuid(), p_raise_offline => false
    ) as q
    where cp.id = p_id;
$$;
select is(
    (select row(q.state, q.error_code, q.payload, q.sent_at, q.requested_via)::text
     from pg_temp.queue_for_group(1001, 'TestPing', '{"word": "x"}') as q),
    '(expired,QueueFull,"{""word"": ""x""}",,campaign)',
    'one that cannot take it gets a row that says why'
);
select is(
    (select row(q.state, q.error_code, q.finished_at is not null)::text
     from pg_temp.queue_for_group(1002, 'TestPing', '{"word": "x"}') as q),
    '(expired,Offline,t)', 'one that is away'
);
select is(
    (pg_temp.queue_for_group(1002, 'TestPing', '{"word": "x", "password": "hunter2"}')).payload,
    '{"word": "x", "password": "***"}', 'its secrets masked as well'
);
select is(
    (select count(*) from ops.command_secrets as s where s.payload ->> 'word' = 'x'),
    0::bigint, 'and not kept, for it will not be sent'
);
select is_empty($$ select from core.test_hooks $$, 'the functions of the action are not called');
update core.charge_points as cp set is_enabled = false where cp.id = 1001;
select is(
    (pg_temp.queue_for_group(1001, 'TestKept', '{"word": "x"}')).error_code,
    'Disabled', 'one that is disabled'
);
update core.charge_points as cp
set is_enabled = true, registration_status = 'Rejected'
where cp.id = 1001;
select is(
    (pg_temp.queue_for_group(1001, 'RemoteStopTransaction', '{"transactionId": 1}')).error_code,
    'NotAccepted', 'one that is not accepted'
);

-- Helpers ----------------------------------------------------------------------------------

select is(
    fleet.mask_json('{"key": "AuthorizationKey", "value": "hunter2"}'),
    '{"key": "AuthorizationKey", "value": "***"}', 'a key for ChangeConfiguration is masked'
);
select is(
    fleet.mask_json('{"location": "ftp://user:hunter2@depot.example.com/x"}') #>> '{location}',
    'ftp://***@depot.example.com/x', 'a password within an address'
);
select is(fleet.mask_json(null), null, 'and nothing is nothing');
select is(
    fleet.find_command_hook('prepare', '1.6', 'TestKept'), null,
    'an action without a function has none'
);
select * from finish();
rollback;
