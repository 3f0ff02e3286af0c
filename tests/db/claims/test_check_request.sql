begin;
select plan(17);

-- PostgREST sets claims and role, then calls the check; current_user tells what came of it.

select tests.act_as_anonymous();
select lives_ok('select claims.check_request()', 'no token passes');
select is(current_user::text, 'anon', 'and stays anonymous');

select tests.act_with('{"role": "anon", "iss": "supabase", "ref": "abc", "tenant_id": 101}');
select claims.check_request();
select is(
    current_setting('request.jwt.claims')::jsonb, '{"role": "anon"}',
    'a public key without a subject keeps no other claims'
);

select tests.act_as('greenway.operator');
select lives_ok('select claims.check_request()', 'a good token of ours passes');
select is(current_user::text, 'staff', 'as the audience of its role');

select tests.act_with(tests.claims_of('greenway.customer') || '{"role": "staff"}');
select claims.check_request();
select is(current_user::text, 'customer', 'a role claim that is not the membership''s is replaced');
select is(claims.role(), 'customer', 'in the claims too');
select is(
    current_setting('statement_timeout'), '5s', 'with the limits of the role that it is'
);

select tests.act_as_owner();
update core.memberships as m
set role_id = r.id
from core.roles as r
where
    r.tenant_id = 101 and r.name = 'customer'
    and m.tenant_id = 101 and m.user_id = tests.user_id_of('greenway.operator');
select tests.act_as('greenway.operator');
select claims.check_request();
select is(current_user::text, 'customer', 'a change of role takes effect at the next request');

-- Supabase: the hook put role and tenant in, the issuer is registered.
select tests.act_as_owner();
insert into core.identity_providers (issuer, audience)
values ('https://abc.supabase.co/auth/v1', 'authenticated');
insert into core.identities (issuer, subject, user_id)
values (
    'https://abc.supabase.co/auth/v1', '6a0c8e5e-0000-4000-8000-000000000001',
    tests.user_id_of('greenway.both')
);
select tests.act_with(
    jsonb_build_object(
        'iss', 'https://abc.supabase.co/auth/v1', 'aud', 'authenticated',
        'sub', '6a0c8e5e-0000-4000-8000-000000000001', 'role', 'staff', 'tenant_id', 102,
        'session_id', gen_random_uuid(), 'exp', extract(epoch from now())::bigint + 60
    )
);
select lives_ok('select claims.check_request()', 'a token of Supabase passes');
select is(claims.user_id(), tests.user_id_of('greenway.both'), 'as our person');
select is(claims.tenant_id(), 102::bigint, 'in the tenant that the hook chose');

select tests.act_with(
    jsonb_build_object(
        'iss', 'https://id.greenway.example', 'aud', array['other', 'voltaro'],
        'sub', 'subject|greenway.admin', 'exp', extract(epoch from now())::bigint + 60
    )
);
select is(current_user::text, 'anon', 'PostgREST runs a token without a role as anon');
select claims.check_request();
select is(current_user::text, 'staff', 'and the check lifts it');
select isnt(claims.tenant_id(), null, 'into the tenant of the membership');

select tests.act_with(tests.claims_of('greenway.operator') - 'exp');
select throws_ok(
    'select claims.check_request()', 'PT401', 'the access token is not valid here: claim exp',
    'a token without exp is refused'
);

select tests.act_as_login('bridge');
select throws_ok(
    'select claims.check_request()', '42501', null, 'a database login has no business here'
);

select * from finish();
rollback;
