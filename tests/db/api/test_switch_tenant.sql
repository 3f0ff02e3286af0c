begin;
select plan(9);

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
select tests.act_as('greenway.both');
select throws_ok(
    $$ select api.switch_tenant('bluecharge') $$, 'PT404', null,
    'one where the membership is off is unknown, too'
);

select * from finish();
rollback;
