-- Answers that come late say nothing of what was sent since; what the charge point says of itself
-- as a whole; commands that outlive what they are for.
begin;
select plan(26);

create function pg_temp.list()
returns text
language sql
as $$
    select concat_ws(
        ' ', coalesce(l.version::text, '?'), case when not l.is_certain then 'uncertain' end,
        (select string_agg(e.id_token, ',' order by e.id_token_key)
         from api.local_list_entries as e where e.charge_point_id = 1001)
    )
    from api.local_lists as l
    where l.charge_point_id = 1001;
$$;
-- The newest command of an action, and of one that is unknown.
create function pg_temp.latest(p_action text, p_state text)
returns bigint
language sql
as $$
    select max(c.id) from api.commands as c
    where c.charge_point_id = 1001 and c.action = p_action and c.state = p_state;
$$;
grant execute on function pg_temp.list() to public;
grant execute on function pg_temp.latest(text, text) to public;

-- Local lists ------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select lives_ok(
    $$ select api.send_local_list('GW-CP-1', 'differential', '[{"id_token": "A"}]') $$,
    'changes can be sent to a list that nobody knows'
);
select is(pg_temp.list(), '? uncertain', 'of which nothing is certain');
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.list(), '1 uncertain A', 'and they do not make it so: more may stand there');

select lives_ok(
    $$ select api.send_local_list('GW-CP-1', 'full', '[{"id_token": "B"}]') $$, 'a full list'
);
select tests.answer(null, p_outcome => 'timeout');
select lives_ok(
    $$ select api.send_local_list('GW-CP-1', 'full', '[{"id_token": "C"}]') $$, 'and another'
);
select tests.answer(null, p_outcome => 'timeout');
select tests.answer_late(
    (select min(c.id) from api.commands as c
     where c.charge_point_id = 1001 and c.action = 'SendLocalList' and c.state = 'unknown'),
    '{"status": "Accepted"}'
);
select is(
    pg_temp.list(), '2 uncertain B', 'the first was accepted, but the second may stand there by now'
);
select tests.answer_late(pg_temp.latest('SendLocalList', 'unknown'), '{"status": "Accepted"}');
select is(pg_temp.list(), '3 C', 'until it is accepted as well');

select lives_ok($$ select api.get_local_list_version('GW-CP-1') $$, 'the version is asked for');
select tests.answer(null, p_outcome => 'timeout');
select lives_ok(
    $$ select api.send_local_list('GW-CP-1', 'automatic', '[{"id_token": "C"},
       {"id_token": "D"}]') $$, 'then the list changes'
);
select tests.answer('{"status": "Accepted"}');
select tests.answer_late(
    pg_temp.latest('GetLocalListVersion', 'unknown'), '{"listVersion": 0}'
);
select is(pg_temp.list(), '4 C,D', 'so that a late version is an old one');

select lives_ok($$ select api.get_local_list_version('GW-CP-1') $$, 'asked again');
select tests.answer('{"listVersion": 2147483647}');
select is(pg_temp.list(), '? uncertain C,D', 'a version that nothing can follow is none');
select results_eq(
    $$ select c.payload ->> 'listVersion', c.payload ->> 'updateType'
       from api.send_local_list('GW-CP-1', 'automatic', '[]') as c $$,
    $$ values ('5', 'Full') $$, 'the next list goes on from ours'
);
select tests.answer('{"status": "Accepted"}');
select throws_ok(
    $$ select api.send_command('SendLocalList', '{"updateType": "Full",
       "listVersion": 2147483647}', 'GW-CP-1') $$,
    'PT400', null, 'nor can we take such a version'
);
select results_eq(
    $$ select c.payload ->> 'updateType'
       from api.send_local_list('GW-CP-1', 'automatic', '[{"id_token": "E"}]') as c $$,
    $$ values ('Full') $$, 'what replaces an empty list is a full one'
);
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.list(), '6 E', 'which is right whatever stood there');

-- Configuration ----------------------------------------------------------------------------------

select api.get_configuration('GW-CP-1');
select tests.answer(null, p_outcome => 'timeout');
select api.change_configuration('GW-CP-1', 'K', 'old');
select tests.answer(null, p_outcome => 'timeout');
select api.change_configuration('GW-CP-1', 'K', 'new');
select tests.answer('{"status": "Accepted"}');
select tests.answer_late(
    pg_temp.latest('ChangeConfiguration', 'unknown'), '{"status": "Accepted"}'
);
select tests.answer_late(
    pg_temp.latest('GetConfiguration', 'unknown'),
    '{"configurationKey": [{"key": "k", "value": "older", "readonly": false},
        {"key": "Other", "value": "1", "readonly": false}]}'
);
select results_eq(
    $$ select k.key, k.value from api.configuration_keys as k
       where k.charge_point_id = 1001 order by k.key $$,
    $$ values ('K', 'new'), ('Other', '1') $$,
    'a late answer tells of the keys that no newer command has told of'
);
select results_eq(
    $$ select c.key, c.new_value from api.configuration_changes as c
       where c.charge_point_id = 1001 order by c.key $$,
    $$ values ('K', 'new'), ('Other', '1') $$, 'nor is there a change that never was'
);
select tests.act_as_owner();
insert into core.configuration_template_keys (
    tenant_id, configuration_template_id, key, value
)
values (101, 1001, 'Blank', ''), (101, 1001, 'Set', 'x');
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values (101, 1002, 'Blank', null, now()), (101, 1002, 'Set', null, now());
select tests.act_as('greenway.operator');
select results_eq(
    $$ select d.key, d.why from api.configuration_drift as d
       where d.charge_point_id = 1002 and d.key in ('Blank', 'Set') $$,
    $$ values ('Set', 'different') $$, 'a key without a value is as good as empty'
);

-- Charging profiles ------------------------------------------------------------------------------

create function pg_temp.set_profile()
returns void
language sql
as $$
    select api.set_charging_profile('GW-CP-1', 0, profile => '{"stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}}');
$$;
create function pg_temp.profiles()
returns text
language sql
as $$
    select string_agg(i.state, ', ' order by i.id)
    from api.charging_profile_installations as i
    where i.charge_point_id = 1001;
$$;
grant execute on function pg_temp.set_profile(), pg_temp.profiles() to public;
select pg_temp.set_profile();
select tests.answer(null, p_outcome => 'timeout');
select pg_temp.set_profile();
select tests.answer(null, p_outcome => 'timeout');
select is(pg_temp.profiles(), 'unknown, unknown', 'two profiles of one place without an answer');
select tests.answer_late(
    (select min(c.id) from api.commands as c
     where c.charge_point_id = 1001 and c.action = 'SetChargingProfile'),
    '{"status": "Accepted"}'
);
select is(
    pg_temp.profiles(), 'installed, unknown', 'the first does not replace what was sent after it'
);
select tests.answer_late(
    pg_temp.latest('SetChargingProfile', 'unknown'), '{"status": "Accepted"}'
);
select is(pg_temp.profiles(), 'replaced, installed', 'the second does replace it');

-- Reservations -----------------------------------------------------------------------------------

select ok(
    (select c.expires_at <= now() + interval '10 minutes'
     from api.reserve_now('GW-CP-1', 1, 'GWTOKEN3', now() + interval '10 minutes', keep => true,
         expires_in_s => 86400) as c),
    'the command is worth nothing once the reservation is over'
);
select tests.answer('{"status": "Accepted"}');
select ok(
    (select c.expires_at <= now() + interval '5 minutes'
     from api.reserve_now('GW-CP-1', 0, 'GWTOKEN3', now() + interval '10 minutes') as c),
    'and no longer than it would be anyway'
);
select tests.answer('{"status": "Accepted"}');
select tests.act_as_owner();
select tests.call('StatusNotification', jsonb_build_object(
    'connectorId', 0, 'status', 'Available', 'errorCode', 'NoError', 'timestamp', now()
));
select tests.act_as('greenway.operator');
select is(
    (select string_agg(r.state, ', ') from api.reservations as r where r.charge_point_id = 1001),
    'reserved, reserved', 'a charge point that is available keeps its reservations'
);
select tests.act_as_owner();
select tests.call('StatusNotification', jsonb_build_object(
    'connectorId', 0, 'status', 'Faulted', 'errorCode', 'GroundFailure',
    'timestamp', now() + interval '1 second'
));
select tests.act_as('greenway.operator');
select is(
    (select string_agg(r.state, ', ') from api.reservations as r where r.charge_point_id = 1001),
    'cancelled, cancelled', 'one that is faulted has none, on no connector'
);

select * from finish();
rollback;
