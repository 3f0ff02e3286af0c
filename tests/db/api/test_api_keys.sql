begin;
select plan(23);

-- api.create_api_key
select tests.act_as('greenway.admin');
select set_config('tests.key', api.create_api_key(' Reports ')::text, true);
select matches(
    current_setting('tests.key')::json ->> 'key', '^vk_[A-Za-z0-9_-]{43}$', 'a key is shown once'
);
select results_eq(
    $$ select k.name, k.prefix, k.user_id, k.expires_at from api.api_keys as k
       where k.id = (current_setting('tests.key')::json ->> 'id')::bigint $$,
    $$ select 'Reports', substr(current_setting('tests.key')::json ->> 'key', 1, 11),
           tests.user_id_of('greenway.admin'), null::timestamptz $$,
    'and listed without it'
);
select throws_ok(
    $$ select api.create_api_key('  ') $$, 'PT400', 'a name has 1 to 100 characters',
    'a name is needed'
);
select throws_ok($$ select api.create_api_key(null) $$, 'PT400', null, 'really');
select throws_ok(
    $$ select api.create_api_key(repeat('x', 101)) $$, 'PT400', null, 'not a long one'
);
select throws_ok(
    $$ select api.create_api_key('late', now()) $$, 'PT400', 'the key would be expired already',
    'a key that is expired is refused'
);
select throws_ok(
    format('select api.create_api_key(''long'', %L)', v.expires_at), 'PT400',
    'a key expires within 10 years', 'and one that expires at ' || v.expires_at
)
from (values ('infinity'), ('99999-01-01')) as v (expires_at);
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.create_api_key('x') $$, 'PT403', 'your role lacks the permission api_keys.write',
    'without the permission nobody makes one'
);
select tests.act_as('greenway.customer');
select throws_ok($$ select api.create_api_key('x') $$, '42501', null, 'drivers never do');

-- api.token_for_key
select tests.act_as_anonymous();
select set_eq(
    $$ select json_object_keys(
           api.token_for_key(current_setting('tests.key')::json ->> 'key')) $$,
    array['access_token', 'token_type', 'expires_at', 'tenant', 'role'],
    'a key gives an access token, and no refresh token'
);
select api.token_for_key(current_setting('tests.key')::json ->> 'key');
select throws_ok(
    $$ select api.token_for_key('made up') $$, 'PT401',
    'this api key is unknown, revoked or expired',
    'a made up key gives none'
);
select throws_ok($$ select api.token_for_key(null) $$, 'PT401', null, 'nor null');
select tests.act_as_owner();
select is(
    (
        select count(*) from core.login_sessions as ls
        where ls.api_key_id = (current_setting('tests.key')::json ->> 'id')::bigint
    ),
    1::bigint, 'all tokens of a key share one sign-in'
);
insert into core.api_keys (tenant_id, user_id, name, prefix, key_hash, expires_at)
values
    (101, tests.user_id_of('greenway.admin'), 'soon', 'vk_s', sha256('soon'),
    now() + interval '1 min'),
    (101, tests.user_id_of('greenway.admin'), 'gone', 'vk_g', sha256('gone'), now()),
    (101, tests.user_id_of('greenway.inactive'), 'off', 'vk_o', sha256('off'), null);
select tests.act_as_anonymous();
select cmp_ok(
    (api.token_for_key('soon') ->> 'expires_at')::timestamptz, '<=', now() + interval '1 min',
    'a token does not outlive its key'
);
select throws_ok(
    $$ select api.token_for_key('gone') $$, 'PT401', null, 'an expired key gives none'
);
select throws_ok(
    $$ select api.token_for_key('off') $$, 'PT401', 'this account is switched off here',
    'nor does one of somebody who is switched off'
);

-- access.require_person
select tests.act_as_owner();
insert into core.login_sessions (id, tenant_id, user_id, api_key_id, expires_at)
values (
    '00000000-0000-4000-9000-00000000abcd', 101, tests.user_id_of('greenway.admin'), 1001,
    'infinity'
);
select tests.act_with(
    tests.claims_of('greenway.admin') || '{"sid": "00000000-0000-4000-9000-00000000abcd"}'
);
select throws_ok(
    $$ select api.create_api_key('another') $$, 'PT403', 'an api key may not do this',
    'a key cannot make another'
);

-- api.revoke_api_key
select tests.act_as('bluecharge.admin');
select throws_ok(
    $$ select api.revoke_api_key(1001) $$, 'PT404', 'there is no such api key',
    'a key of another tenant is unknown'
);
select tests.act_as('greenway.operator');
select throws_ok($$ select api.revoke_api_key(1001) $$, 'PT404', null, 'as is a colleague''s');
select tests.act_as('greenway.admin');
select api.revoke_api_key((current_setting('tests.key')::json ->> 'id')::bigint);
select lives_ok(
    $$ select api.revoke_api_key((current_setting('tests.key')::json ->> 'id')::bigint) $$,
    'revoking twice is fine'
);
select throws_ok(
    $$ select api.token_for_key(current_setting('tests.key')::json ->> 'key') $$, 'PT401', null,
    'a revoked key gives no token'
);
select tests.act_as_owner();
select is(
    (
        select ls.revoke_reason from core.login_sessions as ls
        where ls.api_key_id = (current_setting('tests.key')::json ->> 'id')::bigint
    ),
    'api_key_revoked', 'and its tokens are refused'
);

select * from finish();
rollback;
