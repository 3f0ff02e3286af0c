begin;
select plan(14);

select tests.act_as('greenway.both');
select set_config('tests.answer', api.switch_tenant('bluecharge')::text, true);
select is(
    current_setting('tests.answer')::json ->> 'tenant', 'bluecharge', 'a tenant by its slug'
);
select is(current_setting('tests.answer')::json ->> 'role', 'admin', 'in the role held there');
select throws_ok(
    'select claims.check_request()', 'PT401', null, 'the sign-in before it has ended'
);

select tests.act_as('bluecharge.both');
select is(api.switch_tenant('101') ->> 'tenant', 'greenway', 'or by its id');

select tests.act_as('greenway.admin');
select throws_ok(
    $$ select api.switch_tenant('bluecharge') $$, 'PT404', 'you belong to no such tenant',
    'a tenant of others is unknown'
);
select throws_ok($$ select api.switch_tenant('nowhere') $$, 'PT404', null, 'as one that is not');
select throws_ok($$ select api.switch_tenant(null) $$, 'PT404', null, 'or null');
select is(api.switch_tenant('greenway') ->> 'tenant', 'greenway', 'the own one is fine');

select tests.act_as_owner();
update core.memberships set is_active = false
where tenant_id = 102 and user_id = tests.user_id_of('bluecharge.both');
update core.login_sessions set revoked_at = null, revoke_reason = null
where user_id = tests.user_id_of('greenway.both');
select tests.act_as('greenway.both');
select throws_ok(
    $$ select api.switch_tenant('bluecharge') $$, 'PT404', null,
    'one where the membership is off is unknown, too'
);

-- Tokens of outside issuers.
select tests.act_with(
    jsonb_build_object(
        'iss', 'https://id.greenway.example', 'aud', array['other', 'voltaro'],
        'sub', 'subject|greenway.admin', 'exp', extract(epoch from now())::bigint + 60
    )
);
select claims.check_request();
select throws_ok(
    $$ select api.switch_tenant('greenway') $$, 'PT403',
    'a token of an outside issuer cannot switch', 'one of an outside issuer gets no sign-in of ours'
);

-- The first switch accepts a membership.
select tests.act_as_owner();
update core.memberships set is_active = true, accepted_at = null
where tenant_id = 102 and user_id = tests.user_id_of('bluecharge.both');
select tests.act_as('bluecharge.admin');
select results_eq(
    $$ select u.full_name, u.email_verified_at, u.accepted_at from api.users as u
       where u.email = 'both@example.org' $$,
    $$ values (null::text, null::timestamptz, null::timestamptz) $$,
    'until a person comes, a tenant learns nothing about them'
);
select tests.act_as('greenway.both');
select is(
    api.login('both@example.org', 'correct-horse-7') ->> 'tenant', 'greenway',
    'a sign-in without a choice does not accept what waits'
);
select is(api.switch_tenant('bluecharge') ->> 'tenant', 'bluecharge', 'a switch does');
select tests.act_as('bluecharge.admin');
select is(
    (select u.accepted_at from api.users as u where u.email = 'both@example.org'), now(),
    'and then the person is shown'
);

select * from finish();
rollback;
