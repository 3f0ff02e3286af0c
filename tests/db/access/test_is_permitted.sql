-- is_permitted: what has_permission asks, for work that is done later on somebody's behalf.
begin;
select plan(9);

select tests.act_as_owner();
select ok(
    access.is_permitted(101, tests.user_id_of('greenway.operator'), 'exports.write'),
    'somebody whose role has the permission'
);
select ok(
    not access.is_permitted(101, tests.user_id_of('greenway.support'), 'exports.write'),
    'somebody whose role lacks it'
);
select ok(
    access.is_permitted(101, tests.user_id_of('greenway.platform_admin'), 'exports.write'),
    'the platform may everything'
);
select ok(
    access.is_permitted(102, tests.user_id_of('greenway.platform_admin'), 'exports.write'),
    'in every tenant'
);
select ok(
    not access.is_permitted(102, tests.user_id_of('greenway.operator'), 'exports.write'),
    'a member of another tenant has no permission here'
);
select ok(
    not access.is_permitted(101, tests.user_id_of('greenway.inactive'), 'exports.write'),
    'nor has somebody who is switched off'
);
select ok(not access.is_permitted(101, null, 'exports.write'), 'nor nobody');
update core.tenants set is_active = false where id = 101;
select ok(
    not access.is_permitted(101, tests.user_id_of('greenway.operator'), 'exports.write'),
    'nor anybody of a tenant that is switched off'
);
select set_eq(
    $$select p.name from tests.personas as p
      where access.is_permitted(p.tenant_id, p.user_id, 'exports.write') and p.tenant_id = 102$$,
    array[
        'bluecharge.platform_admin', 'bluecharge.admin', 'bluecharge.operator', 'bluecharge.both',
        'bluecharge.accountant'
    ],
    'another tenant has people of its own'
);

select * from finish();
rollback;
