-- Who is addressed: one charge point by its identity, or a group, in the caller's tenant.
begin;
select plan(26);
select tests.act_as_owner();
insert into core.charge_point_group_members (tenant_id, charge_point_group_id, charge_point_id)
values (101, 1001, 1002);
insert into core.charge_point_groups (tenant_id, id, name) overriding system value
values (101, 1003, 'Empty'), (101, 1004, 'Crowd'), (101, 1005, 'Away'), (102, 2003, 'Foreign');
insert into core.charge_point_group_members (tenant_id, charge_point_group_id, charge_point_id)
values (101, 1005, 1002);
-- Messages of tests, so that their functions are this test's alone.
insert into ops.command_actions (ocpp_version, action, permission, is_kept, expires_in)
values
    ('1.6', 'TestPing', 'commands.write', false, '5 minutes'),
    ('1.6', 'TestKept', 'commands.write', true, '7 days');
insert into ops.message_schemas (ocpp_version, action, schema, digest)
select
    '1.6', a.action,
    '{"type": "object", "properties": {"word": {"type": "string", "maxLength": 5}}}', 'test'
from (values ('TestPing'), ('TestKept')) as a (action);
create function ocpp16.prepare_test_kept(p_charge_point core.charge_points, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    if p_payload ->> 'word' = p_charge_point.id::text then
        raise exception using
            errcode = 'PT404', message = 'no connector', detail = '{"error":"test_unknown"}';
    end if;
    return p_payload;
end;
$$;
create function pg_temp.addressed(p_charge_point text, p_group text)
returns setof bigint language sql security definer as $$
    select cp.id from fleet.find_addressed_charge_points('commands.write', p_charge_point, p_group)
        as cp;
$$;
create function pg_temp.sent(p_action text, p_payload jsonb, p_charge_point text, p_group text)
returns table (charge_point_id bigint, state text, error_code text, batch_id uuid, by uuid)
language sql security definer as $$
    select q.charge_point_id, q.state, q.error_code, q.batch_id, q.requested_by
    from fleet.send_commands(p_action, p_payload, p_charge_point, p_group, null, null) as q;
$$;
grant execute on function pg_temp.addressed(text, text) to public;
grant execute on function pg_temp.sent(text, jsonb, text, text) to public;

-- Who is meant -----------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select pg_temp.addressed('gw-cp-1', null) $$, array[1001::bigint],
    'a charge point is named by its identity, in either case'
);
select results_eq(
    $$ select pg_temp.addressed(null, 'Fast') $$, array[1001, 1002]::bigint[],
    'or its group is, by name'
);
select is_empty($$ select pg_temp.addressed(null, 'Empty') $$, 'a group may be empty');
select throws_ok(
    $$ select pg_temp.addressed('BC-CP-1', null) $$,
    'PT404', 'there is no such charge point', 'another tenant''s is not there'
);
select throws_ok(
    $$ select pg_temp.addressed(null, 'Foreign') $$,
    'PT404', 'there is no such group of charge points', 'nor is its group'
);
select throws_ok(
    $$ select pg_temp.addressed('GW-CP-%', null) $$,
    'PT404', 'there is no such charge point', 'an identity is no pattern'
);
select throws_ok(
    $$ select pg_temp.addressed('GW-CP-1', 'Fast') $$,
    'PT400', 'name a charge point or a group of them', 'not both'
);
select throws_ok(
    $$ select pg_temp.addressed(null, null) $$,
    'PT400', 'name a charge point or a group of them', 'and not neither'
);
select tests.act_as('greenway.viewer');
select throws_ok(
    $$ select pg_temp.addressed('GW-CP-1', null) $$, 'PT403', null,
    'who lacks the permission is told so'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select pg_temp.addressed('GW-CP-1', null) $$, 'PT403', null, 'so is a driver'
);
select tests.act_as('greenway.platform_admin');
select results_eq(
    $$ select pg_temp.addressed('BC-CP-1', null) $$, array[2001::bigint],
    'the platform names a charge point of any tenant'
);
select throws_ok(
    $$ select pg_temp.addressed(null, 'Foreign') $$, 'PT404', null,
    'and groups of its own tenant'
);
select tests.act_as_owner();
insert into core.charge_points (tenant_id, id, identity) overriding system value
select 101, 10000 + n, 'CROWD-' || n from generate_series(1, 1001) as n;
insert into core.charge_point_group_members (tenant_id, charge_point_group_id, charge_point_id)
select 101, 1004, 10000 + n from generate_series(1, 1001) as n;
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select pg_temp.addressed(null, 'Crowd') $$,
    'PT400', 'one call addresses at most 1000 charge points', 'a group may be too large'
);

-- What is sent -----------------------------------------------------------------------------

select results_eq(
    $$ select s.charge_point_id, s.state, s.error_code, s.batch_id, s.by
       from pg_temp.sent('TestPing', '{"word": "x"}', 'GW-CP-1', null) as s $$,
    $$ values (1001::bigint, 'queued', null::text, null::uuid,
           tests.user_id_of('greenway.operator')) $$,
    'a command to one charge point, with who asked for it'
);
select results_eq(
    $$ select s.charge_point_id, s.state, s.error_code, s.by
       from pg_temp.sent('TestPing', '{"word": "x"}', null, 'Fast') as s order by 1 $$,
    $$ values
        (1001::bigint, 'queued', null::text, tests.user_id_of('greenway.operator')),
        (1002, 'expired', 'Offline', tests.user_id_of('greenway.operator')) $$,
    'a group with a member that is away: the others get theirs'
);
select is(
    (select count(distinct s.batch_id) from pg_temp.sent('TestPing', '{}', null, 'Fast') as s),
    1::bigint, 'what one call sends shares its batch'
);
select results_eq(
    $$ select s.charge_point_id, s.state, s.error_code
       from pg_temp.sent('TestKept', '{"word": "1001"}', null, 'Fast') as s order by 1 $$,
    $$ values (1001::bigint, 'expired', 'test_unknown'), (1002, 'queued', null) $$,
    'a member that the action refuses does not fail the others'
);
select throws_ok(
    $$ select pg_temp.sent('TestKept', '{"word": "1001"}', 'GW-CP-1', null) $$,
    'PT404', 'no connector', 'one that is asked alone says why'
);
select throws_ok(
    $$ select pg_temp.sent('TestKept', '{"word": "too long"}', null, 'Fast') $$,
    'PT400', 'the payload is no valid TestKept', 'what is wrong for all fails the call'
);
select throws_ok(
    $$ select pg_temp.sent(
           'TestPing', jsonb_build_object('note', repeat('x', 250000)), null, 'Away'
       ) $$,
    'PT400', 'the payload is no valid TestPing', 'nothing too large is kept, sent or not'
);
select throws_ok(
    $$ select pg_temp.sent(
           'TestKept', jsonb_build_object('word', '1002', 'note', repeat('x', 250000)), null,
           'Away'
       ) $$,
    'PT400', 'the payload is no valid TestKept', 'nor when the action refuses it'
);
select throws_ok(
    $$ select pg_temp.sent('Heartbeat', '{}', 'GW-CP-1', null) $$,
    'PT400', 'there is no command Heartbeat', 'what no central system sends'
);
select throws_ok(
    $$ select pg_temp.sent('InstallCertificate', '{}', 'GW-CP-1', null) $$, 'PT403', null,
    'the permission is that of the action'
);
select is_empty(
    $$ select pg_temp.sent('TestKept', '{}', null, 'Empty') $$, 'an empty group gets nothing'
);

-- What is shown ----------------------------------------------------------------------------

select tests.act_as_owner();
select results_eq(
    $$ select s.action, s.charge_point_id, s.state
       from fleet.show_commands(array(
           select q from ops.commands as q where q.action = 'TestPing' order by q.id desc limit 2
       )) as s $$,
    $$ values ('TestPing', 1001::bigint, 'queued'), ('TestPing', 1002, 'expired') $$,
    'commands as the API shows them, in the order of their ids'
);
select is_empty($$ select fleet.show_commands('{}') $$, 'none are none');
select * from finish();
rollback;
