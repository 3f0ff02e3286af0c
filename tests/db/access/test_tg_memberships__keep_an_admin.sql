begin;
select plan(7);

select tests.act_as('greenway.platform_admin');
select throws_ok(
    format('select api.set_user_role(%L, ''operator'')', tests.user_id_of('greenway.admin')),
    'PT409', 'a tenant keeps at least one active admin', 'the last admin is not demoted'
);
select throws_ok(
    format('select api.deactivate_user(%L)', tests.user_id_of('greenway.admin')),
    'PT409', 'a tenant keeps at least one active admin', 'or switched off'
);

select tests.act_as_owner();
select throws_ok(
    format('delete from core.users where id = %L', tests.user_id_of('greenway.admin')),
    'PT409', 'a tenant keeps at least one active admin', 'or deleted'
);

select tests.act_as('greenway.admin');
select lives_ok(
    format('select api.set_user_role(%L, ''admin'')', tests.user_id_of('greenway.viewer')),
    'somebody else becomes an admin'
);
select lives_ok(
    format('select api.set_user_role(%L, ''operator'')', tests.user_id_of('greenway.admin')),
    'then the first may go'
);

-- bluecharge has two admins, of whom one is switched off as a person.
select tests.act_as_owner();
update core.users set is_active = false where id = tests.user_id_of('bluecharge.both');
select tests.act_as('bluecharge.admin');
select throws_ok(
    format('select api.deactivate_user(%L)', tests.user_id_of('bluecharge.admin')),
    'PT409', null, 'an admin who cannot sign in does not count'
);
select lives_ok(
    format('select api.deactivate_user(%L)', tests.user_id_of('bluecharge.operator')),
    'others may go as they like'
);

select * from finish();
rollback;
