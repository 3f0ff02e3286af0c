-- Configuration of charge points: asking, changing, what is kept of it, templates and drift.
begin;
select plan(47);

create function pg_temp.keys()
returns table (key text, value text, is_readonly boolean, is_unknown boolean, reboot boolean)
language sql
as $$
    select k.key, k.value, k.is_readonly, k.is_unknown, k.needs_reboot
    from api.configuration_keys as k
    where k.charge_point_id = 1001
    order by lower(k.key);
$$;
grant execute on function pg_temp.keys() to public;

-- GetConfiguration ---------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.action, c.payload, c.state from api.get_configuration('gw-cp-1') as c $$,
    $$ values ('GetConfiguration', '{}'::jsonb, 'queued') $$,
    'without keys a charge point is asked for its whole configuration'
);
select is(
    tests.answer(
        '{"configurationKey": [
            {"key": "HeartbeatInterval", "readonly": false, "value": "300"},
            {"key": "NumberOfConnectors", "readonly": true, "value": "1"},
            {"key": "AuthorizationKey", "readonly": false, "value": "hunter2hunter2hunter"},
            {"key": "heartbeatinterval", "readonly": "false", "value": 600},
            {"key": "Empty", "readonly": false},
            {"key": 7}, {"value": "no key"}, "odd", null
        ], "unknownKey": ["Nonsense", 7, null]}'
    ),
    '{}', 'it is sent'
);
select results_eq(
    $$ select * from pg_temp.keys() $$,
    $$ values
        ('7', null, null, false, false),
        ('AuthorizationKey', '***', false, false, false),
        ('Empty', null, false, false, false),
        ('heartbeatinterval', '600', false, false, false),
        ('Nonsense', null, null, true, false),
        ('NumberOfConnectors', '1', true, false, false) $$,
    'what it says is kept, each key once whatever its case, and secrets are not'
);
select results_eq(
    $$ select c.key, c.old_value, c.new_value from api.configuration_changes as c
       where c.charge_point_id = 1001 order by lower(c.key) $$,
    $$ values ('AuthorizationKey', null, '***'), ('heartbeatinterval', null, '600'),
           ('NumberOfConnectors', null, '1') $$,
    'the first report of a value is a change from nothing'
);
select is(
    (select count(*) from api.get_configuration('GW-CP-1', array['HeartbeatInterval'])),
    1::bigint, 'single keys can be asked for'
);
select is(
    tests.answer('{"configurationKey": [{"key": "HeartbeatInterval", "readonly": false,
        "value": "600"}]}'),
    '{"key": ["HeartbeatInterval"]}', 'and are sent'
);
select is(
    (select count(*) from api.configuration_changes as c where c.charge_point_id = 1001),
    3::bigint, 'what has not changed is no change'
);
select is(
    (select k.key from pg_temp.keys() as k where lower(k.key) = 'heartbeatinterval'),
    'heartbeatinterval', 'the key stays as it was first written'
);
select lives_ok($$ select api.get_configuration('GW-CP-1') $$, 'asked again');
select tests.answer('{"configurationKey": {"key": "x"}, "unknownKey": "HeartbeatInterval"}');
select is(
    (select count(*) from pg_temp.keys()), 6::bigint,
    'an answer that cannot be read changes nothing'
);
select lives_ok($$ select api.get_configuration('GW-CP-1') $$, 'and again');
select tests.answer(null, p_outcome => 'error', p_error_code => 'NotImplemented');
select is((select count(*) from pg_temp.keys()), 6::bigint, 'nor does an error');

select tests.act_as_owner();
update ops.settings set value = '7' where name = 'fleet.max_configuration_keys';
select tests.act_as('greenway.operator');
select lives_ok($$ select api.get_configuration('GW-CP-1') $$, 'asked once more');
select tests.answer(
    jsonb_build_object('configurationKey', jsonb_build_array(
        jsonb_build_object('key', 'Long', 'value', repeat('x', 20000)),
        jsonb_build_object('key', 'OneMore', 'value', '1'),
        jsonb_build_object('key', repeat('k', 201), 'value', '1'),
        jsonb_build_object('key', 'Empty', 'value', 'ftp://user:secret@host/')
    ))
);
select results_eq(
    $$ select k.key, length(k.value) from pg_temp.keys() as k
       where k.key in ('Long', 'OneMore', repeat('k', 201)) $$,
    $$ values ('Long', 10000) $$,
    'an over-long value is cut, and new keys are kept as long as there is room'
);
select is(
    (select k.value from pg_temp.keys() as k where k.key = 'Empty'), 'ftp://***@host/',
    'a secret within a value is masked'
);

-- GetConfigurationMaxKeys and the quirk --------------------------------------------------------

select tests.act_as_owner();
update ops.settings set value = '1000' where name = 'fleet.max_configuration_keys';
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values (101, 1001, 'GetConfigurationMaxKeys', '2', now());
select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.payload, count(c.batch_id) over (partition by c.batch_id)
       from api.get_configuration('GW-CP-1', array['A', 'B', 'C', 'a', 'D', 'E']) as c $$,
    $$ values ('{"key": ["A", "B"]}'::jsonb, 3::bigint), ('{"key": ["C", "D"]}', 3),
           ('{"key": ["E"]}', 3) $$,
    'no more keys at once than the charge point takes, each once, in one batch'
);
select throws_ok(
    $$ select api.send_command('GetConfiguration', '{"key": ["A", "B", "C"]}', 'GW-CP-1') $$,
    'PT409', null, 'the same limit holds for a command sent as it is'
);
select tests.act_as_owner();
delete from ops.commands where charge_point_id = 1001 and state = 'queued';
update core.charge_points set quirks = '{"refuses_get_configuration": true}' where id = 1001;
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.get_configuration('GW-CP-1', array['A']) $$, 'PT409', null,
    'a charge point that does not bear single keys is not asked for them'
);
select lives_ok($$ select api.get_configuration('GW-CP-1') $$, 'but for all');
select tests.answer('{}');

-- ChangeConfiguration --------------------------------------------------------------------------

select results_eq(
    $$ select c.action, c.payload from api.change_configuration(
           charge_point => 'GW-CP-1', key => ' MeterValueSampleInterval ', value => '60') as c $$,
    $$ values ('ChangeConfiguration',
           '{"key": "MeterValueSampleInterval", "value": "60"}'::jsonb) $$,
    'a key is changed'
);
select is(
    (select count(*) from api.configuration_keys as k where k.key like 'MeterValue%'), 0::bigint,
    'which is not known to have happened'
);
select tests.answer('{"status": "Accepted"}');
select results_eq(
    $$ select k.value, k.needs_reboot, k.command_id is not null from api.configuration_keys as k
       where k.key = 'MeterValueSampleInterval' $$,
    $$ values ('60', false, true) $$, 'before the charge point accepts it'
);
select lives_ok(
    $$ select api.change_configuration('GW-CP-1', 'meterValueSampleInterval', '90') $$, 'again'
);
select tests.answer('{"status": "RebootRequired"}');
select results_eq(
    $$ select k.value, k.needs_reboot from api.configuration_keys as k
       where k.key = 'MeterValueSampleInterval' $$,
    $$ values ('90', true) $$, 'RebootRequired is an acceptance that waits for the next boot'
);
select results_eq(
    $$ select c.old_value, c.new_value from api.configuration_changes as c
       where c.key = 'MeterValueSampleInterval' order by c.id $$,
    $$ values (null, '60'), ('60', '90') $$, 'the history has both'
);
select tests.act_as_owner();
select tests.call(
    'BootNotification', '{"chargePointVendor": "Acme", "chargePointModel": "One"}'
);
select tests.act_as('greenway.operator');
select is(
    (select k.needs_reboot from api.configuration_keys as k
     where k.key = 'MeterValueSampleInterval'),
    false, 'a boot makes it hold'
);
select lives_ok(
    $$ select api.change_configuration('GW-CP-1', 'MeterValueSampleInterval', '1') $$, 'and again'
);
select tests.answer('{"status": "Rejected"}');
select is(
    (select k.value from api.configuration_keys as k where k.key = 'MeterValueSampleInterval'),
    '90', 'what was rejected changes nothing'
);
select lives_ok($$ select api.change_configuration('GW-CP-1', 'Fancy', '1') $$, 'another key');
select tests.answer('{"status": "NotSupported"}');
select results_eq(
    $$ select k.value, k.is_unknown from api.configuration_keys as k where k.key = 'Fancy' $$,
    $$ values (null::text, true) $$, 'NotSupported says that the key is not known'
);
select throws_ok(
    $$ select api.change_configuration('GW-CP-1', 'numberofconnectors', '2') $$, 'PT409', null,
    'a key that was said to be read-only is not tried'
);
select throws_ok(
    $$ select api.change_configuration('GW-CP-1', 'K') $$, 'PT400', null, 'a value is needed'
);
select throws_ok(
    $$ select api.change_configuration('GW-CP-1', 'K', repeat('v', 501)) $$, 'PT400', null,
    'of 500 characters'
);

-- Templates and drift --------------------------------------------------------------------------

select tests.act_as('greenway.operator');
insert into api.configuration_templates (name) values ('Street');
insert into api.configuration_template_keys (configuration_template_id, key, value)
select t.id, k.key, k.value
from api.configuration_templates as t
cross join (
    values
        ('MeterValueSampleInterval', '60'), ('HeartbeatInterval', '600'), ('Fancy', '2'),
        ('NumberOfConnectors', '2'), ('LocalPreAuthorize', 'true'),
        ('MeterValuesSampledData', 'Power.Active.Import,SoC'), ('Missing', '1')
) as k (key, value)
where t.name = 'Street';
select throws_ok(
    $$ insert into api.configuration_template_keys (configuration_template_id, key, value)
       values (1001, 'AuthorizationKey', 'x') $$,
    '23514', null, 'a template holds no secrets'
);
select throws_ok(
    $$ insert into api.configuration_template_keys (configuration_template_id, key, value)
       values (1001, 'heartbeatINTERVAL', '1') $$,
    '23505', null, 'and each key once, whatever its case'
);
select throws_ok(
    $$ update api.charge_points set configuration_template_id = 2001 where id = 1001 $$,
    '23503', null, 'a charge point follows no template of another tenant'
);
update api.charge_points as c
set configuration_template_id = (select t.id from api.configuration_templates as t
    where t.name = 'Street')
where c.id = 1001;
select tests.act_as_owner();
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values
    (101, 1001, 'LocalPreAuthorize', 'TRUE', now()),
    (101, 1001, 'MeterValuesSampledData', 'Power.Active.Import, SoC', now());
select tests.act_as('greenway.operator');
select results_eq(
    $$ select d.key, d.wanted, d.actual, d.why from api.configuration_drift as d
       where d.charge_point_id = 1001 order by d.key $$,
    $$ values
        ('Fancy', '2', null, 'unknown'), ('MeterValueSampleInterval', '60', '90', 'different'),
        ('Missing', '1', null, 'missing'), ('NumberOfConnectors', '2', '1', 'readonly') $$,
    'drift is what differs, and why'
);
select results_eq(
    $$ select c.payload from api.apply_configuration_template('GW-CP-1') as c $$,
    $$ values ('{"key": "MeterValueSampleInterval", "value": "60"}'::jsonb),
           ('{"key": "Missing", "value": "1"}') $$,
    'what is missing or different is sent'
);
select is_empty(
    $$ select * from api.apply_configuration_template('GW-CP-1') $$, 'once'
);
select tests.answer('{"status": "Accepted"}');
select tests.answer('{"status": "NotSupported"}');
select results_eq(
    $$ select d.key, d.why from api.configuration_drift as d
       where d.charge_point_id = 1001 order by d.key $$,
    $$ values ('Fancy', 'unknown'), ('Missing', 'unknown'), ('NumberOfConnectors', 'readonly') $$,
    'and what was accepted has drifted no more'
);
select results_eq(
    $$ select c.charge_point_id, c.payload ->> 'value', c.state
       from api.apply_configuration_template('GW-CP-2') as c $$,
    $$ values (1002::bigint, '600', 'queued') $$,
    'a charge point that is away gets it when it is back'
);
select tests.act_as_owner();
update core.charge_points set configuration_template_id = null where id = 1001;
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.apply_configuration_template('GW-CP-1') $$, 'PT409', null,
    'without a template there is nothing to apply'
);
select is_empty(
    $$ select * from api.apply_configuration_template(charge_point_group => 'Fast') $$,
    'in a group such a charge point is passed over'
);

select throws_ok(
    $$ select api.change_configuration('GW-CP-1', ' ', 'v') $$, 'PT400', null,
    'a blank is no key'
);

-- Who may --------------------------------------------------------------------------------------

select throws_ok(
    $$ select api.get_configuration('BC-CP-1') $$, 'PT404', null,
    'another tenant''s charge point is not there'
);
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.change_configuration('GW-CP-1', 'K', 'v') $$, 'PT403', null,
    'changing takes a permission'
);
select throws_ok(
    $$ select api.apply_configuration_template('GW-CP-1') $$, 'PT403', null, 'so does a template'
);

select * from finish();
rollback;
