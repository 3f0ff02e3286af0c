begin;
select plan(19);

select tests.act_as_anonymous();
select lives_ok(
    $$ select api.sign_up('greenway', 'New@Example.org', 'another-horse-8', 'New Driver') $$,
    'a driver signs up where the tenant allows it'
);
select throws_ok(
    $$ select api.sign_up('bluecharge', 'new@example.org', 'another-horse-8') $$, 'PT403',
    'this tenant takes no sign-ups', 'and only there'
);
select throws_ok(
    $$ select api.sign_up('nowhere', 'new@example.org', 'another-horse-8') $$, 'PT403', null,
    'an unknown tenant takes none'
);
select throws_ok(
    $$ select api.sign_up('greenway', 'no address', 'another-horse-8') $$, 'PT400', null,
    'an e-mail address is needed'
);
select throws_ok(
    $$ select api.sign_up('greenway', 'x@example.org', 'short') $$, 'PT400', null,
    'a good password is needed'
);
select throws_ok(
    $$ select api.sign_up('greenway', 'x@example.org', 'another-horse-8', repeat('x', 201)) $$,
    'PT400', null, 'a name has an end'
);
select throws_ok(
    $$ select api.login('new@example.org', 'another-horse-8') $$, 'PT403',
    'the e-mail address is not verified yet', 'before the address is verified nobody signs in'
);

select tests.act_as_owner();
select set_config('tests.first', o.payload ->> 'token', true)
from ops.outbox as o
where o.payload ->> 'template' = 'email_verification'
order by o.id desc
limit 1;

-- Signing up again replaces password and token.
select tests.act_as_anonymous();
select api.sign_up('greenway', 'new@example.org', 'third-horse-99');
select tests.act_as_owner();
select set_config('tests.second', o.payload ->> 'token', true)
from ops.outbox as o
where o.payload ->> 'template' = 'email_verification'
order by o.id desc
limit 1;
select isnt(current_setting('tests.second'), current_setting('tests.first'), 'another token');
-- Within one transaction both were issued at the same now().
update core.one_time_tokens set used_at = now()
where token_hash = access.hash_token(current_setting('tests.first'));

-- api.verify_email
select tests.act_as_anonymous();
select throws_ok(
    $$ select api.verify_email('made up') $$, 'PT400', 'this token is unknown, used or expired',
    'a made up token verifies nothing'
);
select lives_ok(
    $$ select api.verify_email(current_setting('tests.second')) $$, 'the token from the e-mail does'
);
select throws_ok(
    $$ select api.verify_email(current_setting('tests.second')) $$, 'PT400', null, 'once'
);
select is(
    api.login('new@example.org', 'third-horse-99') ->> 'role', 'customer',
    'then the newest password works, as a customer'
);
select is(
    api.login('new@example.org', 'another-horse-8') ->> 'code', 'PT401', 'and no other'
);

-- Who is verified is not signed up over.
select lives_ok(
    $$ select api.sign_up('greenway', 'new@example.org', 'fourth-horse-99') $$,
    'signing up with an address that is taken looks the same'
);
select lives_ok(
    $$ select api.sign_up('greenway', 'admin@bluecharge.example', 'fourth-horse-99') $$,
    'of another tenant, too'
);
select is(
    api.login('new@example.org', 'third-horse-99') ->> 'role', 'customer', 'but changes nothing'
);
select is(
    api.login('admin@bluecharge.example', 'correct-horse-7') ->> 'tenant', 'bluecharge', 'nowhere'
);
select tests.act_as_owner();
select set_eq(
    $$ select o.payload ->> 'to' from ops.outbox as o
       where o.payload ->> 'template' = 'account_exists' $$,
    array['new@example.org', 'admin@bluecharge.example'],
    'the owners of the addresses are told'
);
select is(
    (
        select count(*) from core.memberships as m
        where m.tenant_id = 101 and m.user_id = tests.user_id_of('bluecharge.admin')
    ),
    0::bigint, 'and nobody became a member'
);

select * from finish();
rollback;
