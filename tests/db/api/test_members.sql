begin;
select plan(35);

-- api.users
select tests.act_as('greenway.support');
select set_eq(
    'select u.email from api.users as u',
    $$ select w || '@greenway.example'
       from unnest(array['platform_admin', 'admin', 'operator', 'support', 'customer', 'driver2',
           'viewer', 'inactive', 'accountant']) as w
       union all select 'both@example.org' $$,
    'with users.read one sees the people of the tenant, and no others'
);
select results_eq(
    $$ select u.role, u.is_active, u.tenant_id from api.users as u
       where u.email = 'both@example.org' $$,
    $$ values ('operator', true, 101::bigint) $$, 'in their role here'
);
select is(
    (select u.is_active from api.users as u where u.email = 'inactive@greenway.example'), false,
    'who is switched off is shown so'
);
select tests.act_as('greenway.viewer');
select results_eq(
    'select u.email from api.users as u', array['viewer@greenway.example'],
    'without it only oneself'
);
select tests.act_as('greenway.customer');
select throws_ok('select id from api.users', '42501', null, 'drivers see nobody');
select tests.act_as('greenway.platform_admin');
select is((select count(*) from api.users), 20::bigint, 'the platform sees everybody');
select tests.act_as('greenway.admin');
select throws_ok(
    'update api.users set role_id = 1', '42501', null, 'people are not changed by hand'
);

-- api.invite_user
select is(
    api.invite_user('New@Example.org', 'operator', 'New One') ->> 'role', 'operator',
    'an admin invites somebody new'
);
select throws_ok(
    $$ select api.invite_user('admin@greenway.example', 'operator') $$, 'PT409',
    'this person is a member already', 'not who is a member'
);
select throws_ok(
    $$ select api.invite_user('x@example.org', 'nothing') $$, 'PT404',
    'the tenant has no such role',
    'into a role that exists'
);
select throws_ok(
    $$ select api.invite_user('x@example.org', 'platform_admin') $$, 'PT403',
    'this role may do more than you may', 'that is not the platform''s'
);
select throws_ok(
    $$ select api.invite_user('no address', 'operator') $$, 'PT400', null, 'at an address'
);
select throws_ok(
    $$ select api.invite_user('x@example.org', 'operator', '', 102) $$, 'PT404',
    'there is no such tenant', 'and into no other tenant'
);
select lives_ok(
    $$ select api.invite_user('new@example.org', 'support') $$,
    'who has never signed in can be invited again, in another role'
);
select is(
    api.invite_user('operator@bluecharge.example', 'support') ->> 'email',
    'operator@bluecharge.example', 'somebody of another tenant becomes a member here, too'
);
select results_eq(
    $$ select u.full_name, u.email_verified_at from api.users as u
       where u.email = 'operator@bluecharge.example' $$,
    $$ values (null::text, null::timestamptz) $$, 'without telling anything about them'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.invite_user('x@example.org', 'support') $$, 'PT403',
    'your role lacks the permission users.write', 'it takes a permission'
);
select tests.act_as('greenway.platform_admin');
select is(
    (api.invite_user('x@example.org', 'admin', '', 102) ->> 'tenant_id')::bigint, 102::bigint,
    'the platform invites into any tenant'
);

select tests.act_as_owner();
select results_eq(
    $$ select o.payload ->> 'template', o.payload ->> 'to', o.payload ? 'token', o.tenant_id
       from ops.outbox as o where o.payload ? 'template' order by o.id $$,
    $$ values ('invitation', 'new@example.org', true, 101::bigint),
        ('invitation', 'new@example.org', true, 101),
        ('membership', 'operator@bluecharge.example', false, 101),
        ('invitation', 'x@example.org', true, 102) $$,
    'new people get a token to set a password with, others are told'
);
select tests.act_as_anonymous();
select is(
    api.login('operator@bluecharge.example', 'correct-horse-7') ->> 'tenant', 'bluecharge',
    'who was known signs in as before'
);

-- A role for who signed up and is not verified: the password of the sign-up is discarded.
select tests.act_as_anonymous();
select api.sign_up('greenway', 'rising@example.org', 'another-horse-8');
select tests.act_as('greenway.admin');
select api.set_user_role(
    (select u.id from api.users as u where u.email = 'rising@example.org'), 'support'
);
select tests.act_as_owner();
select is(
    (select count(*) from core.one_time_tokens as ot where ot.password_hash is not null),
    0::bigint, 'a sign-up that gets another role needs a password reset'
);

-- api.set_user_role
select tests.act_as('greenway.admin');
select lives_ok(
    format('select api.set_user_role(%L, ''support'')', tests.user_id_of('greenway.operator')),
    'an admin changes a role'
);
select tests.act_as('greenway.operator');
select ok(not claims.has_permission('sites.write'), 'which takes effect at once');
select tests.act_as('greenway.admin');
select throws_ok(
    format('select api.set_user_role(%L, ''platform_admin'')', tests.user_id_of('greenway.admin')),
    'PT403', 'this role may do more than you may', 'nobody makes themselves a platform admin'
);
select throws_ok(
    format('select api.set_user_role(%L, ''operator'')',
    tests.user_id_of('greenway.platform_admin')),
    'PT403', null, 'nor demotes one'
);
select throws_ok(
    format('select api.set_user_role(%L, ''operator'')', tests.user_id_of('bluecharge.customer')),
    'PT404', 'the tenant has no such person', 'people of other tenants are unknown'
);
select throws_ok(
    format('select api.set_user_role(%L, ''nothing'')', tests.user_id_of('greenway.operator')),
    'PT404', null, 'as are roles that do not exist'
);

-- A role with users.write, and not much else.
select api.create_role('personnel', 'staff', array['users.read', 'users.write']);
select api.set_user_role(tests.user_id_of('greenway.viewer'), 'personnel');
select tests.act_as('greenway.viewer');
select throws_ok(
    format('select api.set_user_role(%L, ''admin'')', tests.user_id_of('greenway.viewer')),
    'PT403', 'this role may do more than you may', 'nobody gives a permission they do not have'
);
select throws_ok(
    format('select api.deactivate_user(%L)', tests.user_id_of('greenway.admin')),
    'PT403', 'this role may do more than you may', 'or switches somebody off who has'
);
select lives_ok(
    format('select api.deactivate_user(%L)', tests.user_id_of('greenway.customer')),
    'drivers are within reach'
);

-- api.deactivate_user, api.activate_user
select tests.act_as('greenway.customer');
select throws_ok(
    'select claims.check_request()', 'PT401', null, 'who is switched off is refused at once'
);
select tests.act_as('greenway.admin');
select lives_ok(
    format('select api.activate_user(%L)', tests.user_id_of('greenway.customer')),
    'and can be switched on again'
);
select tests.act_as('greenway.customer');
select throws_ok(
    'select claims.check_request()', 'PT401', 'the sign-in of this access token has ended',
    'which does not bring old sign-ins back'
);
select tests.act_as('greenway.operator');
select throws_ok(
    format('select api.deactivate_user(%L)', tests.user_id_of('greenway.customer')),
    'PT403', null, 'both take the permission'
);
select throws_ok(
    format('select api.activate_user(%L)', tests.user_id_of('greenway.customer')),
    'PT403', null, 'each'
);

select * from finish();
rollback;
