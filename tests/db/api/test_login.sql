begin;
select plan(14);

select tests.act_as_anonymous();
select set_config(
    'tests.answer', api.login('Operator@Greenway.Example ', 'correct-horse-7')::text, true
);
select set_eq(
    $$ select json_object_keys(current_setting('tests.answer')::json) $$,
    array['access_token', 'refresh_token', 'token_type', 'expires_at', 'tenant', 'role'],
    'the right password gives tokens'
);
select matches(
    current_setting('tests.answer')::json ->> 'expires_at',
    '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$', 'with the time they expire at'
);
select is(
    current_setting('tests.answer')::json ->> 'role', 'operator', 'and the role they act in'
);

select is(
    api.login('operator@greenway.example', 'wrong') ->> 'details',
    '{"error":"invalid_credentials"}',
    'a wrong password is answered with a key'
);
select is(current_setting('response.status'), '401', 'and status 401');
select is(
    api.login('nobody@greenway.example', 'wrong')::text,
    api.login('operator@greenway.example', 'wrong')::text,
    'an unknown address gets the same answer'
);
select throws_ok(
    $$ select api.login(null, 'x') $$, 'PT400', 'e-mail and password are needed',
    'null is no e-mail'
);
select throws_ok(
    $$ select api.login('a@b.c', null) $$, 'PT400', null, 'null is no password'
);
select throws_ok(
    $$ select api.login('inactive@greenway.example', 'correct-horse-7') $$, 'PT401',
    'this account is switched off here', 'a member who is switched off gets no tokens'
);

select api.login('support@greenway.example', 'wrong') from generate_series(1, 5);
select is(
    api.login('support@greenway.example', 'correct-horse-7') ->> 'code', 'PT429',
    'after five failures the right password has to wait, too'
);
select is(current_setting('response.status'), '429', 'with status 429');
select matches(
    current_setting('response.headers'), '^\[\{"Retry-After": "[1-4]"\}\]$', 'and Retry-After'
);

select tests.act_as_owner();
select is(
    (
        select count(*) from ops.login_attempts as la
        where
            la.failures = 5
            and la.subject_hash = access.hash_token('login support@greenway.example')
    ),
    1::bigint, 'the failures are kept'
);
update core.users set email_verified_at = null where email = 'operator@greenway.example';
delete from ops.login_attempts;
select tests.act_as_anonymous();
select throws_ok(
    $$ select api.login('operator@greenway.example', 'correct-horse-7') $$, 'PT403',
    'the e-mail address is not verified yet', 'an address has to be verified first'
);

select * from finish();
rollback;
