-- A new key by ChangeConfiguration: what is sent, which keys are good when, what ends them; and a
-- new security profile the same way.
begin;
select plan(63);
select tests.act_as_owner();
delete from core.charge_point_keys;
insert into core.charge_point_keys (tenant_id, id, charge_point_id, key_hash)
overriding system value
values (101, -1, 1001, fleet.hash_charge_point_key('AAAAABBBBBCCCCCDDDDD'));

create function pg_temp.charge_point(p_id bigint) returns core.charge_points language sql as $$
    select cp.* from core.charge_points as cp where cp.id = p_id
$$;
create function pg_temp.prepare(p_payload jsonb, p_id bigint default 1001) returns jsonb
language sql as $$
    select fleet.prepare_security_change(pg_temp.charge_point(p_id), p_payload)
$$;

-- What is sent ------------------------------------------------------------------------------------

select is(
    pg_temp.prepare('{"key": "HeartbeatInterval", "value": "60"}'),
    '{"key": "HeartbeatInterval", "value": "60"}', 'other keys are none of this'
);
select is(pg_temp.prepare('{}'), '{}', 'nor is a payload without a key');
select is(pg_temp.prepare(null), null, 'or none');
select matches(
    pg_temp.prepare('{"key": "AuthorizationKey"}') ->> 'value', '^[0-9a-f]{40}$',
    'without a value there is a random one of 20 bytes, as hexadecimal digits'
);
select isnt(
    pg_temp.prepare('{"key": "AuthorizationKey"}'), pg_temp.prepare('{"key": "AuthorizationKey"}'),
    'another one each time'
);
select is(
    pg_temp.prepare('{"key": "authorizationKEY", "value": "00112233445566778899aabbccddeeff"}')
    ->> 'value', '00112233445566778899aabbccddeeff', 'a given one is taken, the name in any case'
);
select throws_ok(
    format($$ select pg_temp.prepare('{"key": "AuthorizationKey", "value": %s}') $$, v.value),
    'PT400', 'the key is not 32 to 40 hexadecimal digits', v.description
)
from (
    values
        ('"0011"', 'a short key is refused'),
        ('"00112233445566778899aabbccddeeff001122334455"', 'and a long one'),
        ('"00112233445566778899aabbccddeef"', 'and half a byte'),
        ('"sesame open sesame open"', 'and text'),
        ('{"a": 1}', 'and nonsense')
) as v (value, description);
update core.charge_points as cp set quirks = '{"authorization_key_form": "text"}'
where cp.id = 1002;
select matches(
    pg_temp.prepare('{"key": "AuthorizationKey"}', 1002) ->> 'value', '^[A-Za-z0-9]{20}$',
    'a charger that takes text gets letters and digits'
);
select is(
    pg_temp.prepare('{"key": "AuthorizationKey", "value": "sesame open sesame"}', 1002)
    ->> 'value', 'sesame open sesame', 'or what it is given'
);
select throws_ok(
    $$ select pg_temp.prepare('{"key": "AuthorizationKey", "value": "sesame"}', 1002) $$,
    'PT400', 'the key is not 16 to 40 characters of ASCII', 'of 16 characters and more'
);

-- Which keys are good --------------------------------------------------------------------------

-- Commands that are finished or in flight; p_state null leaves it queued.
create function pg_temp.command(p_key text, p_value text, p_id bigint default 1001)
returns ops.commands
language plpgsql
as $$
declare
    v_command ops.commands;
begin
    insert into ops.commands as c (
        tenant_id, charge_point_id, ocpp_version, action, payload, is_kept, expires_at,
        requested_via
    )
    values (
        101, p_id, '1.6', 'ChangeConfiguration', '{}', true, now() + interval '1 day', 'api'
    )
    returning c.* into v_command;
    perform fleet.queue_security_change(
        v_command, jsonb_build_object('key', p_key, 'value', p_value)
    );
    return v_command;
end;
$$;
create function pg_temp.settle(
    p_command ops.commands, p_state text, p_error_code text default null
)
returns void
language plpgsql
as $$
begin
    p_command.state := p_state;
    p_command.error_code := p_error_code;
    perform fleet.settle_security_change(p_command, '{"key": "AuthorizationKey"}', '{"status": 1}');
end;
$$;
-- The number of the key that opens, or 0.
create function pg_temp.opens(p_key bytea, p_id bigint default 1001) returns integer
language sql as $$
    select coalesce(
        (select k.key_id::integer from fleet.find_charge_point_key(101, p_id, p_key) as k), 0
    )
$$;
create function pg_temp.key_of(p_command ops.commands) returns integer language sql as $$
    select k.id::integer from core.charge_point_keys as k where k.command_id = p_command.id
$$;
select set_config(
    'tests.first', pg_temp.command('AuthorizationKey', repeat('Ab', 20))::text, true
);
create function pg_temp.first() returns ops.commands language sql as $$
    select current_setting('tests.first')::ops.commands
$$;
select cmp_ok(
    pg_temp.opens(decode(repeat('ab', 20), 'hex')), '>', 0,
    'from the moment it is queued the bytes of the new key open'
);
select is(
    pg_temp.opens(convert_to(repeat('aB', 20), 'UTF8')), pg_temp.key_of(pg_temp.first()),
    'and so do its digits, in any case'
);
select is(pg_temp.opens('AAAAABBBBBCCCCCDDDDD'), -1, 'the old one goes on to open');
select pg_temp.settle(pg_temp.first(), p.state, p.error_code)
from (
    values ('accepted', null), ('unknown', null), ('error', 'InternalError'),
        ('error', 'GenericError'), ('error', null)
) as p (state, error_code);
select is(
    (select count(*) from core.charge_point_keys as k where k.retired_at is null), 2::bigint,
    'both are good after it was accepted, or where nobody knows'
);
select fleet.note_charge_point_key_use(101, 1001, -1);
select is(
    (select count(*) from core.charge_point_keys as k where k.retired_at is null), 2::bigint,
    'and after the charger came back with the old one'
);
select pg_temp.settle(pg_temp.first(), 'rejected');
select is(
    (select array_agg(k.id::integer) from core.charge_point_keys as k where k.retired_at is null),
    '{-1}', 'a late answer that it was rejected retires the new one'
);
select is(
    pg_temp.opens(decode(repeat('ab', 20), 'hex')), 0, 'which opens no more'
);
select results_eq(
    format(
        $$ with c as (select pg_temp.command('AuthorizationKey', '%s') as c)
           select pg_temp.settle(c.c, %L, %L) is null from c $$,
        lpad(p.n::text, 40, '0'), p.state, p.error_code
    ),
    'values (false)', format('it is told: %s %s', p.state, p.error_code)
)
from (
    values (1, 'rejected', null), (2, 'expired', 'Offline'), (3, 'cancelled', null),
        (4, 'error', 'NotImplemented'), (5, 'error', 'FormationViolation')
) as p (n, state, error_code);
select is(
    (select array_agg(k.id::integer) from core.charge_point_keys as k where k.retired_at is null),
    '{-1}', 'and each of these retires the new key only'
);
select set_config(
    'tests.second', pg_temp.command('AuthorizationKey', repeat('cd', 16))::text, true
);
create function pg_temp.second() returns ops.commands language sql as $$
    select current_setting('tests.second')::ops.commands
$$;
select fleet.note_charge_point_key_use(101, 1001, pg_temp.key_of(pg_temp.second()));
select is(
    (select array_agg(k.id::integer) from core.charge_point_keys as k where k.retired_at is null),
    array[pg_temp.key_of(pg_temp.second())],
    'the first connection with the new one retires the old one'
);
select pg_temp.settle(pg_temp.second(), 'rejected');
select is(
    pg_temp.opens(decode(repeat('cd', 16), 'hex')), pg_temp.key_of(pg_temp.second()),
    'and what has connected is not retired by an answer'
);

-- Text ------------------------------------------------------------------------------------------

select pg_temp.command('AuthorizationKey', 'abcdefghij0123456789', 1002) is not null;
select cmp_ok(
    pg_temp.opens('abcdefghij0123456789', 1002), '>', 0, 'a key of text opens as it is'
);
select pg_temp.command('AuthorizationKey', 'open sesame: open', 1002) is not null;
select cmp_ok(
    pg_temp.opens('open sesame: open', 1002), '>', 0, 'and so does what a person chose'
);
select results_eq(
    $$ select k.is_human_chosen, length(k.key_hash)
       from core.charge_point_keys as k where k.charge_point_id = 1002 order by k.id $$,
    $$ values (false, 32), (true, 60) $$, 'which is hashed slowly'
);

-- Several that a person chose are sent and lost.
select fleet.note_charge_point_key_use(
    101, 1002, pg_temp.opens('open sesame: open', 1002)
);
select pg_temp.command('AuthorizationKey', v.key, 1002) is not null
from unnest('{open sesame: lost,open sesame: gone,open sesame: last}'::text[]) as v (key);
select cmp_ok(
    pg_temp.opens(v.key::bytea, 1002), '>', 0, 'among others this one opens: ' || v.key
)
from unnest('{open sesame: open,open sesame: gone,open sesame: last}'::text[]) as v (key);

-- Security profile -----------------------------------------------------------------------------

select throws_ok(
    format($$ select pg_temp.prepare('{"key": "SecurityProfile", "value": %s}') $$, v.value),
    'PT400', 'a security profile is 1, 2 or 3', 'no profile: ' || v.value
)
from (values ('"0"'), ('"4"'), ('"two"'), ('null')) as v (value);
select is(
    pg_temp.prepare('{"key": "SecurityProfile", "value": "2"}') ->> 'value', '2',
    'a higher profile may be sent'
);
select throws_ok(
    $$ select pg_temp.prepare('{"key": "SecurityProfile", "value": "3"}', 1002) $$, 'PT409',
    'no certificate of the charge point could be recognised',
    'the highest takes something to know a certificate by'
);
select is(
    pg_temp.prepare('{"key": "SecurityProfile", "value": "3"}') ->> 'value', '3',
    'as one of its own does'
);
update core.charge_points as cp set serial_number = 'SN-2' where cp.id = 1002;
select lives_ok(
    $$ select pg_temp.prepare('{"key": "SecurityProfile", "value": "3"}', 1002) $$,
    'or its serial number'
);
select is_empty(
    $$ select from core.charge_points as cp where cp.pending_security_profile is not null $$,
    'nothing is expected before it is queued'
);
select set_config('tests.third', pg_temp.command('SecurityProfile', '2')::text, true);
select results_eq(
    $$ select cp.id, cp.security_profile::integer, cp.pending_security_profile::integer
       from core.charge_points as cp where cp.security_command_id is not null $$,
    $$ values (1001::bigint, 1, 2) $$, 'then it is'
);
select fleet.settle_security_change(
    jsonb_populate_record(
        current_setting('tests.third')::ops.commands, '{"state": "accepted"}'
    ), '{"key": "SecurityProfile", "value": "2"}', null
);
select is(
    (pg_temp.charge_point(1001)).pending_security_profile::integer, 2,
    'and goes on to be after it was accepted'
);
select fleet.settle_security_change(
    jsonb_populate_record(
        current_setting('tests.third')::ops.commands, '{"state": "rejected"}'
    ), '{"key": "SecurityProfile"}', null
);
select is(
    (pg_temp.charge_point(1001)).pending_security_profile::integer, null, 'a refusal ends that'
);

-- Two raises at once.
create function pg_temp.raise_to(p_value text) returns bigint language sql as $$
    select (pg_temp.command('SecurityProfile', p_value)).id
$$;
create function pg_temp.answer(p_command_id bigint, p_state text, p_value text) returns integer
language plpgsql
as $$
declare
    v_command ops.commands;
begin
    update ops.commands as c
    set state = p_state, sent_at = now(), connection_id = 1, finished_at = now()
    where c.id = p_command_id
    returning c.* into v_command;
    perform fleet.settle_security_change(
        v_command, jsonb_build_object('key', 'SecurityProfile', 'value', p_value), null
    );
    return (pg_temp.charge_point(1001)).pending_security_profile;
end;
$$;
select set_config('tests.raise', pg_temp.raise_to('3')::text, true);
select is(
    pg_temp.answer(current_setting('tests.raise')::bigint, 'accepted', '3'), 3, 'one is accepted'
);
select set_config('tests.again', pg_temp.raise_to('3')::text, true);
select ok(
    fleet.has_profile_change(pg_temp.charge_point(1001)),
    'it goes on to count while the same is sent again'
);
select is(
    pg_temp.answer(current_setting('tests.again')::bigint, 'rejected', '3'), 3,
    'and when the charger refuses that, having it'
);
select set_config('tests.again', pg_temp.raise_to('2')::text, true);
select is(
    pg_temp.answer(current_setting('tests.again')::bigint, 'unknown', '2'), 3,
    'the higher one counts where no answer came'
);
select is(
    pg_temp.answer(current_setting('tests.again')::bigint, 'accepted', '2'), 2,
    'the last one that it accepted otherwise'
);
select is(
    pg_temp.answer(current_setting('tests.again')::bigint, 'rejected', '2'), null, 'as before'
);

-- Chargers trim names, and so a blank is no way around the permission.
select is(
    pg_temp.prepare(jsonb_build_object('key', k.key, 'value', repeat('ab', 20))),
    jsonb_build_object('key', 'AuthorizationKey', 'value', repeat('ab', 20)),
    'a key is sent by its plain name: ' || to_json(k.key)
)
from unnest(
    array[e'AuthorizationKey\t', e'\n AuthorizationKey', e'AuthorizationKey\u00a0']
) as k (key);
update core.charge_points as cp set security_profile = 2 where cp.id = 1001;
select throws_ok(
    $$ select pg_temp.prepare('{"key": "SecurityProfile", "value": "1"}') $$, 'PT409',
    'the charge point uses security profile 2', 'a lower profile is never sent'
);
delete from core.charge_point_keys;
update core.charge_points as cp set security_profile = 0 where cp.id = 1001;
select throws_ok(
    $$ select pg_temp.prepare('{"key": "SecurityProfile", "value": "1"}') $$, 'PT409',
    'the charge point has no key', 'nor one that needs a key where there is none'
);

-- Who may ----------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(
    format(
        $$ select api.change_configuration('GW-CP-1', key => %L, value => '1') $$, k.key
    ), 'PT403', 'your role lacks the permission security.write',
    'a name that a charger may trim is the same: ' || to_json(k.key)
)
from unnest(
    array[e'SecurityProfile\t', e'\nsecurityprofile', e'SecurityProfile\u00a0']
) as k (key);
select throws_ok(
    $$ select api.rotate_charge_point_key('GW-CP-1') $$, 'PT403',
    'your role lacks the permission security.write', 'rotating takes its permission'
);
select tests.act_as('greenway.admin');
select throws_ok(
    $$ select api.rotate_charge_point_key('BC-CP-1') $$, 'PT404', null,
    'another tenant''s charger does not exist'
);

select * from finish();
rollback;
