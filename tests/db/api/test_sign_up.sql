begin;
select plan(34);

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
    $$ select api.sign_up(null, 'x@example.org', 'another-horse-8') $$, 'PT403', null,
    'as does none'
);
select is(
    api.login('new@example.org', 'another-horse-8') ->> 'code', 'PT401',
    'before the address is verified nobody signs in'
);

select tests.act_as_owner();
select set_config('tests.first', o.payload ->> 'token', true)
from ops.outbox as o
where o.payload ->> 'template' = 'email_verification'
order by o.id desc
limit 1;

-- Signing up again adds a password with a token of its own.
select tests.act_as_anonymous();
select api.sign_up('greenway', 'new@example.org', 'third-horse-99');
select tests.act_as_owner();
select set_config('tests.second', o.payload ->> 'token', true)
from ops.outbox as o
where o.payload ->> 'template' = 'email_verification'
order by o.id desc
limit 1;
select isnt(current_setting('tests.second'), current_setting('tests.first'), 'another token');

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
select throws_ok(
    $$ select api.verify_email(current_setting('tests.first')) $$, 'PT400', null,
    'and voids those of other sign-ups'
);
select is(
    api.login('new@example.org', 'third-horse-99') ->> 'role', 'customer',
    'then the password of the same sign-up works, as a customer'
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

-- A stranger who signs the address up first, or again, gains nothing.
create function pg_temp.last_token(p_email text)
returns text
language sql
as $$
    select o.payload ->> 'token'
    from ops.outbox as o
    where o.payload ->> 'to' = p_email and o.payload ? 'token'
    order by o.id desc
    limit 1;
$$;
select api.sign_up('greenway', 'own@example.org', 'owners-horse-1');
select set_config('tests.owner', pg_temp.last_token('own@example.org'), true);
select api.sign_up('greenway', 'own@example.org', 'thiefs-horse-1');
select lives_ok(
    $$ select api.verify_email(current_setting('tests.owner')) $$,
    'a second sign-up does not void the owner''s token'
);
select is(
    api.login('own@example.org', 'owners-horse-1') ->> 'role', 'customer',
    'the owner''s password is the one of the owner''s token'
);
select is(
    api.login('own@example.org', 'thiefs-horse-1') ->> 'code', 'PT401', 'the stranger''s is void'
);

select api.sign_up('greenway', 'victim@example.org', 'thiefs-horse-1');
select set_config('tests.thief', pg_temp.last_token('victim@example.org'), true);
select tests.act_as('greenway.admin');
select lives_ok(
    $$ select api.invite_user('victim@example.org', 'admin') $$,
    'an address that a stranger signed up can be invited'
);
select tests.act_as_owner();
select throws_ok(
    $$ select api.verify_email(current_setting('tests.thief')) $$, 'PT400', null,
    'which voids the token of the sign-up'
);
select api.sign_up('greenway', 'victim@example.org', 'thiefs-horse-1');
select is(
    (select o.payload ->> 'template' from ops.outbox as o order by o.id desc limit 1),
    'account_exists', 'after an invitation nobody signs the address up'
);
select lives_ok(
    $$ select api.reset_password(pg_temp.last_token('victim@example.org'), 'victims-horse-1') $$,
    'the invitation carries a token to set a password with'
);
select is(
    api.login('victim@example.org', 'thiefs-horse-1') ->> 'code', 'PT401', 'not the stranger''s'
);
select is(api.login('victim@example.org', 'victims-horse-1') ->> 'role', 'admin', 'but the own');

select api.sign_up('greenway', 'supa@example.org', 'thiefs-horse-1');
select set_config('tests.thief', pg_temp.last_token('supa@example.org'), true);
select is(
    access.get_supabase_claims(
        'https://abc.supabase.co/auth/v1', 'authenticated', 'supa', 'supa@example.org', null
    ) ->> 'role',
    'customer', 'Supabase says who owns an address'
);
select throws_ok(
    $$ select api.verify_email(current_setting('tests.thief')) $$, 'PT400', null,
    'which voids the token of a stranger''s sign-up'
);
select is(
    api.login('supa@example.org', 'thiefs-horse-1') ->> 'code', 'PT401', 'and its password'
);

-- The e-mails of sign-ups have a limit.
update ops.settings set value = to_jsonb(
    (
        select count(*) + 1 from ops.outbox as o
        where o.tenant_id = 101
            and o.payload ->> 'template' in ('email_verification', 'account_exists')
    )
)
where name = 'access.sign_up_mails_per_hour';
select api.sign_up('greenway', 'flood1@example.org', 'thiefs-horse-1');
select throws_ok(
    $$ select api.sign_up('greenway', 'flood2@example.org', 'thiefs-horse-1') $$, 'PT429',
    'too many people signed up with this tenant for now', 'sign-ups send so many e-mails an hour'
);

select * from finish();
rollback;
