-- Commands through the API: who may send, see and take back which.
begin;
select plan(35);
select tests.act_as_owner();
-- Two messages of tests, so that their functions are this test's alone.
insert into ops.command_actions (ocpp_version, action, permission, is_kept, expires_in)
values
    ('1.6', 'TestPing', 'commands.write', false, '5 minutes'),
    ('1.6', 'TestLock', 'security.write', true, '7 days');
insert into ops.message_schemas (ocpp_version, action, schema, digest)
select '1.6', a.action, '{"type": "object", "properties": {"n": {"type": "integer"}}}', 'test'
from (values ('TestPing'), ('TestLock')) as a (action);
create table core.test_hooks (id bigint generated always as identity, state text);
create function ocpp16.finished_test_ping(
    p_command ops.commands, p_payload jsonb, p_result jsonb
)
returns void language sql as $$
    insert into core.test_hooks (state) values (p_command.state);
$$;
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
        return sqlstate || coalesce(' ' || (nullif(v_detail, '')::jsonb ->> 'error'), '');
end;
$$;
create function pg_temp.newest()
returns bigint language sql security definer as $$
    select max(q.id) from ops.commands as q where q.action in ('TestPing', 'TestLock');
$$;
grant execute on function pg_temp.refusal(text) to public;
grant execute on function pg_temp.newest() to public;

-- Sending ----------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.tenant_id, c.charge_point_id, c.action, c.payload, c.state, c.is_kept,
           c.requested_by, c.requested_via, c.batch_id, c.sent_at, c.result
       from api.send_command('TestPing', '{"n": 1, "password": "x"}', 'gw-cp-1') as c $$,
    $$ values (101::bigint, 1001::bigint, 'TestPing', '{"n": 1, "password": "***"}'::jsonb,
           'queued', false, tests.user_id_of('greenway.operator'), 'api', null::uuid,
           null::timestamptz, null::jsonb) $$,
    'an operator sends a command and gets its row at once'
);
select is(
    (select round(extract(epoch from c.expires_at - c.created_at))
     from api.send_command('TestPing', charge_point => 'GW-CP-1', expires_in_s => 7) as c),
    7::numeric, 'with an expiry of their own'
);
select results_eq(
    $$ select c.state, c.is_kept
       from api.send_command('TestPing', charge_point => 'GW-CP-2', keep => true) as c $$,
    $$ values ('queued', true) $$, 'or to wait until the charger is back'
);
select results_eq(
    $$ select c.charge_point_id, c.state, c.error_code
       from api.send_command('TestPing', charge_point_group => 'Fast') as c $$,
    $$ values (1001::bigint, 'queued', null::text) $$, 'or to a group'
);
select is(
    pg_temp.refusal($$ select api.send_command('TestPing', charge_point => 'GW-CP-2') $$),
    'PT409 charge_point_offline', 'a charger that is away is said to be so at once'
);
select is(
    pg_temp.refusal($$ select api.send_command('TestPing', '{"n": "x"}', 'GW-CP-1') $$),
    'PT400 command_payload_invalid', 'a payload that breaks the schema'
);
select is(
    pg_temp.refusal($$ select api.send_command('StartTransaction', '{}', 'GW-CP-1') $$),
    'PT400 command_action_unknown', 'a message that is the charger''s to send'
);
select is(
    pg_temp.refusal($$ select api.send_command('TestPing', '{}', 'GW-CP-1', expires_in_s => 0) $$),
    'PT400 command_expiry_invalid', 'one that would be expired already'
);
select is(
    pg_temp.refusal($$ select api.send_command('TestPing') $$),
    'PT400 charge_point_required', 'one for nobody'
);
select is(
    pg_temp.refusal($$ select api.send_command('TestPing', charge_point => 'BC-CP-1') $$),
    'PT404 charge_point_unknown', 'one for another tenant''s charger'
);
select is(
    pg_temp.refusal($$ select api.send_command('TestLock', charge_point => 'GW-CP-1') $$),
    'PT403 permission_missing', 'one of a kind that an operator may not send'
);
select tests.act_as('greenway.admin');
select is(
    (select c.state from api.send_command('TestLock', charge_point => 'GW-CP-1') as c),
    'queued', 'and an admin may'
);
select tests.act_as('greenway.support');
select is(
    pg_temp.refusal($$ select api.send_command('TestPing', charge_point => 'GW-CP-1') $$),
    'PT403 permission_missing', 'support sends nothing'
);
select tests.act_as('greenway.viewer');
select is(
    pg_temp.refusal($$ select api.send_command('TestPing', charge_point => 'GW-CP-1') $$),
    'PT403 permission_missing', 'nor does staff without a permission'
);
select tests.act_as('greenway.customer');
select is(
    pg_temp.refusal($$ select api.send_command('TestPing', charge_point => 'GW-CP-1') $$),
    '42501', 'nor a driver'
);
select tests.act_as_anonymous();
select is(
    pg_temp.refusal($$ select api.send_command('TestPing', charge_point => 'GW-CP-1') $$),
    '42501', 'nor anybody'
);
select tests.act_as('greenway.platform_admin');
select is(
    (select c.tenant_id from api.send_command('TestPing', charge_point => 'BC-CP-1') as c),
    102::bigint, 'the platform sends to any charger'
);

-- Seeing -----------------------------------------------------------------------------------

select tests.act_as('bluecharge.viewer');
select results_eq(
    'select c.id, c.tenant_id, c.action, c.state from api.commands as c
     where c.action <> ''TestPing'' order by c.id',
    $$ values
        (2001::bigint, 102::bigint, 'RemoteStartTransaction', 'accepted'),
        (2002, 102, 'ChangeConfiguration', 'unknown') $$,
    'staff see all commands of their tenant and no other''s'
);
select is(
    (select c.payload ->> 'value' from api.commands as c where c.id = 2002), '***',
    'their secrets are masked'
);
select tests.act_as('bluecharge.customer');
select results_eq(
    'select c.id, c.requested_via from api.commands as c',
    $$ values (2001::bigint, 'driver') $$, 'a driver sees their own'
);
select tests.act_as('bluecharge.driver2');
select is_empty('select from api.commands', 'and nobody else''s');
select throws_ok('delete from api.commands', '42501', null, 'nobody deletes them');
select tests.act_as('greenway.admin');
select throws_ok(
    $$ update api.commands set state = 'queued' $$, '42501', null, 'or changes them by hand'
);
select tests.act_as_owner();
update core.sessions as s set command_id = 1001 where s.id = 1001;
select tests.act_as('greenway.customer');
select is(
    (select c.session_id from api.commands as c where c.id = 1001), 1001::bigint,
    'a remote start shows the session that it led to'
);

-- Taking back ------------------------------------------------------------------------------

select tests.act_as('greenway.support');
select is(
    pg_temp.refusal(format('select api.cancel_command(%s)', 1002)),
    'PT403 permission_missing', 'who may not send it may not take it back'
);
select tests.act_as('greenway.operator');
select is(
    pg_temp.refusal(format('select api.cancel_command(%s)', 1001)),
    'PT409 command_not_queued', 'what was sent cannot be taken back'
);
select is(
    pg_temp.refusal(format('select api.cancel_command(%s)', 2001)),
    'PT404 command_unknown', 'another tenant''s is not there'
);
select is(
    pg_temp.refusal(format('select api.cancel_command(%s)', -1)),
    'PT404 command_unknown', 'nor is one that there is not'
);
select results_eq(
    $$ select c.state, c.finished_at is not null
       from api.send_command('TestPing', '{"password": "x"}', 'GW-CP-1') as s
       cross join lateral api.cancel_command(s.id) as c $$,
    $$ values ('cancelled', true) $$, 'what is queued can'
);
select is(
    pg_temp.refusal(format('select api.cancel_command(%s)', pg_temp.newest())),
    'PT409 command_not_queued', 'once'
);
select tests.act_as_owner();
select results_eq(
    'select h.state from core.test_hooks as h', array['cancelled'], 'its action hears of it'
);
select is_empty(
    format('select from ops.command_secrets as s where s.command_id = %s', pg_temp.newest()),
    'and its secret is given up'
);
update ops.commands as q
set requested_by = tests.user_id_of('greenway.customer'), requested_via = 'driver',
    state = 'queued', finished_at = null
where q.id = pg_temp.newest();
select tests.act_as('greenway.driver2');
select is(
    pg_temp.refusal(format('select api.cancel_command(%s)', pg_temp.newest())),
    'PT404 command_unknown', 'a driver cannot take back somebody else''s'
);
select tests.act_as('greenway.customer');
select is(
    (select c.state from api.cancel_command(pg_temp.newest()) as c), 'cancelled', 'but their own'
);
select tests.act_as('greenway.platform_admin');
select is(
    (select c.tenant_id
     from api.send_command('TestPing', charge_point => 'BC-CP-1') as s
     cross join lateral api.cancel_command(s.id) as c),
    102::bigint, 'the platform takes back any'
);
select * from finish();
rollback;
