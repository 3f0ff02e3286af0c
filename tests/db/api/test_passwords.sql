begin;
select plan(25);

-- api.change_password
select tests.act_as('greenway.operator');
select set_config(
    'tests.other',
    api.login('operator@greenway.example', 'correct-horse-7') ->> 'refresh_token', true
);
select is(
    api.change_password('wrong', 'another-horse-8') ->> 'details', '{"error":"wrong_password"}',
    'the old password has to be right'
);
select is(current_setting('response.status'), '403', 'else 403');
select throws_ok(
    $$ select api.change_password('correct-horse-7', 'short') $$, 'PT400',
    'the password is too short', 'the new one has to be good'
);
select throws_ok(
    $$ select api.change_password('correct-horse-7', 'operator@greenway.example') $$, 'PT400',
    'the password is the e-mail address', 'and not the address'
);
select is(
    api.change_password('correct-horse-7', 'another-horse-8')::text, '{"changed": true}',
    'then it is changed'
);
select lives_ok('select claims.check_request()', 'this sign-in goes on');
select throws_ok(
    $$ select api.refresh(current_setting('tests.other')) $$, 'PT401', null, 'others end'
);
select is(
    api.login('operator@greenway.example', 'correct-horse-7') ->> 'code', 'PT401',
    'the old password is void'
);
select is(
    api.login('operator@greenway.example', 'another-horse-8') ->> 'role', 'operator',
    'the new one works'
);
select api.change_password('wrong', 'another-horse-9') from generate_series(1, 5);
select is(
    api.change_password('another-horse-8', 'another-horse-9') ->> 'code', 'PT429',
    'guessing the old password is slowed down like a sign-in'
);

select tests.act_as('greenway.support');
select api.login('support@greenway.example', 'wrong') from generate_series(1, 6);
select is(
    api.login('support@greenway.example', 'correct-horse-7') ->> 'code', 'PT429',
    'strangers can keep an address from signing in for a while'
);
select is(
    api.change_password('correct-horse-7', 'another-horse-8')::text, '{"changed": true}',
    'but not its owner from changing the password'
);

-- api.request_password_reset
select tests.act_as_anonymous();
select lives_ok(
    $$ select api.request_password_reset('ADMIN@greenway.example') $$, 'anybody may ask for a reset'
);
select lives_ok(
    $$ select api.request_password_reset('nobody@greenway.example') $$,
    'an unknown address gets the same answer'
);
select throws_ok(
    $$ select api.request_password_reset('no address') $$, 'PT400', 'this is no e-mail address',
    'unless it is none'
);
select api.request_password_reset('admin@greenway.example') from generate_series(1, 5);
select api.login('admin@greenway.example', 'wrong') from generate_series(1, 5);
select tests.act_as_owner();
select is(
    (select count(*) from ops.outbox as o where o.payload ->> 'template' = 'password_reset'),
    3::bigint, 'three e-mails are sent'
);
select api.request_password_reset('nobody@greenway.example') from generate_series(1, 5);
select is(
    (select count(*) from ops.outbox as o
     where o.kind = 'email' and o.payload = '{}' and o.next_attempt_at is null
         and o.delivered_at is not null and o.idempotency_key like 'email/password_reset/%'),
    3::bigint, 'for an unknown address as much is written, and nothing sent'
);
select set_config('tests.token', o.payload ->> 'token', true)
from ops.outbox as o
where o.payload ->> 'template' = 'password_reset'
order by o.id desc
limit 1;
update core.users set email_verified_at = null where email = 'admin@greenway.example';

-- api.reset_password
select tests.act_as_anonymous();
select throws_ok(
    $$ select api.reset_password('made up', 'another-horse-8') $$, 'PT400',
    'this token is unknown, used or expired', 'a made up token is refused'
);
select throws_ok(
    $$ select api.reset_password(current_setting('tests.token'), 'short') $$, 'PT400',
    'the password is too short', 'a bad password leaves the token unused'
);
select lives_ok(
    $$ select api.reset_password(current_setting('tests.token'), 'another-horse-8') $$,
    'a good one is set'
);
select throws_ok(
    $$ select api.reset_password(current_setting('tests.token'), 'another-horse-9') $$, 'PT400',
    null, 'once'
);
select is(
    api.login('admin@greenway.example', 'another-horse-8') ->> 'role', 'admin',
    'it works at once: the failures are forgotten, the address is verified'
);
select throws_ok(
    $$ select api.refresh('greenway.admin') $$, 'PT401', null, 'all sign-ins have ended'
);
select tests.act_as_owner();
select is(
    (
        select count(*) from core.one_time_tokens as ot
        where ot.user_id = tests.user_id_of('greenway.admin') and ot.used_at is null
    ),
    0::bigint, 'and the other reset tokens are void'
);
update core.users set is_active = false where email = 'support@greenway.example';
select tests.act_as_anonymous();
select api.request_password_reset('support@greenway.example');
select tests.act_as_owner();
select is(
    (select count(*) from ops.outbox as o where o.payload ->> 'to' = 'support@greenway.example'),
    0::bigint, 'nobody who is switched off gets an e-mail'
);

select * from finish();
rollback;
