begin;
select plan(8);

-- greenway and bluecharge have one admin of the platform each.
select tests.act_as('greenway.platform_admin');
select lives_ok(
    format(
        'select api.deactivate_user(%L, 102)', tests.user_id_of('bluecharge.platform_admin')
    ),
    'one of two admins of the platform may go'
);
select throws_ok(
    format('select api.set_user_role(%L, ''admin'')', tests.user_id_of('greenway.platform_admin')),
    'PT409', 'the platform keeps at least one active admin in an active tenant',
    'the last is not demoted'
);
select throws_ok(
    format('select api.deactivate_user(%L)', tests.user_id_of('greenway.platform_admin')),
    'PT409', 'the platform keeps at least one active admin in an active tenant', 'or switched off'
);
select throws_ok(
    'update api.tenants set is_active = false where id = 101', 'PT409',
    'the platform keeps at least one active admin in an active tenant',
    'nor is the tenant they act in'
);
select lives_ok(
    'update api.tenants set is_active = false where id = 102', 'others are closed as ever'
);

select tests.act_as_owner();
select throws_ok(
    format(
        'update core.users set is_active = false where id = %L',
        tests.user_id_of('greenway.platform_admin')
    ),
    'PT409', 'the platform keeps at least one active admin in an active tenant',
    'nor are they switched off as a person'
);
select throws_ok(
    format('delete from core.users where id = %L', tests.user_id_of('greenway.platform_admin')),
    'PT409', 'the platform keeps at least one active admin in an active tenant', 'or deleted'
);
update core.memberships set is_active = true
where user_id = tests.user_id_of('bluecharge.platform_admin');
select throws_ok(
    'update core.tenants set is_active = false where id = 101', 'PT409', null,
    'an admin in a closed tenant does not count'
);

select * from finish();
rollback;
