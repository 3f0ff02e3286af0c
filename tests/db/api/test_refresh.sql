begin;
select plan(16);

select tests.act_as_anonymous();
select set_config(
    'tests.first',
    api.login('operator@greenway.example', 'correct-horse-7') ->> 'refresh_token', true
);
select set_config(
    'tests.second', api.refresh(current_setting('tests.first')) ->> 'refresh_token', true
);
select isnt(current_setting('tests.second'), current_setting('tests.first'), 'tokens rotate');
select throws_ok(
    $$ select api.refresh('made up') $$, 'PT401', 'this is no refresh token', 'a made up one'
);
select throws_ok(
    $$ select api.refresh(null) $$, 'PT401', 'this is no refresh token', 'none'
);

select tests.act_as_owner();
select is(
    (
        select count(*) from core.refresh_tokens as rt
        where rt.token_hash = convert_to(current_setting('tests.first'), 'UTF8')
    ),
    0::bigint, 'no token is stored as it is'
);

-- A client that lost the answer asks again.
select tests.act_as_anonymous();
select set_config(
    'tests.third', api.refresh(current_setting('tests.first')) ->> 'refresh_token', true
);
select isnt(
    current_setting('tests.third'), current_setting('tests.second'),
    'within the grace a token whose answer was not used is good again'
);
select set_config(
    'tests.fourth', api.refresh(current_setting('tests.third')) ->> 'refresh_token', true
);
select matches(current_setting('tests.fourth'), '^.{43}$', 'and what it got works');
select is(
    api.refresh(current_setting('tests.second')) ->> 'details',
    '{"error":"refresh_token_reused"}', 'what it replaced counts as used'
);
select tests.act_as_owner();
update core.login_sessions set revoked_at = null, revoke_reason = null
where revoke_reason = 'refresh_token_reused';
select tests.act_as_anonymous();
select is(
    api.refresh(current_setting('tests.first')) ->> 'details',
    '{"error":"refresh_token_reused"}', 'a used one whose answer was used is answered'
);
select tests.act_as_owner();
update core.login_sessions set revoked_at = null, revoke_reason = null
where revoke_reason = 'refresh_token_reused';
update core.refresh_tokens set used_at = now() - interval '11 seconds'
where token_hash = access.hash_token(current_setting('tests.third'));
select tests.act_as_anonymous();
select is(
    api.refresh(current_setting('tests.third')) ->> 'details',
    '{"error":"refresh_token_reused"}', 'and one that comes again too late'
);
select is(current_setting('response.status'), '401', 'with 401');
select throws_ok(
    $$ select api.refresh(current_setting('tests.fourth')) $$, 'PT401',
    'the sign-in of this refresh token has ended', 'and ends the whole sign-in'
);
select tests.act_as_owner();
select is(
    (
        select ls.revoke_reason
        from core.login_sessions as ls
        inner join core.refresh_tokens as rt on rt.login_session_id = ls.id
        where rt.token_hash = access.hash_token(current_setting('tests.fourth'))
    ),
    'refresh_token_reused', 'with the reason'
);

-- greenway.support's refresh token is its name in personas.sql.
update core.refresh_tokens set expires_at = now()
where token_hash = access.hash_token('greenway.support');
select tests.act_as_anonymous();
select throws_ok(
    $$ select api.refresh('greenway.support') $$, 'PT401', 'the refresh token has expired',
    'an expired one'
);
select throws_ok(
    $$ select api.refresh('greenway.inactive') $$, 'PT401', 'this account is switched off here',
    'one of a member who is switched off'
);
select is(
    api.refresh('greenway.admin') ->> 'role', 'admin', 'one that is good'
);
select tests.act_as_owner();
select cmp_ok(
    (
        select ls.expires_at from core.login_sessions as ls
        where ls.id = '00000000-0000-4000-9000-000000002001'
    ),
    '>=', now() + interval '30 days', 'lengthens the sign-in'
);

select * from finish();
rollback;
