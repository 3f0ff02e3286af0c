begin;
select plan(18);

select tests.act_as('greenway.customer');
select results_eq(
    'select t.slug from api.tenants as t', array['greenway'], 'drivers see their tenant'
);
select throws_ok(
    $$ update api.tenants set name = 'x' $$, '42501', null, 'and change nothing'
);
select tests.act_as('greenway.operator');
select results_eq('select t.slug from api.tenants as t', array['greenway'], 'staff see theirs');
select throws_ok(
    $$ update api.tenants set name = 'x' where id = 101 $$, 'PT403',
    'your role lacks the permission tenant.write', 'and change it with a permission'
);

select tests.act_as('greenway.admin');
select lives_ok(
    $$ update api.tenants set name = 'New', time_zone = 'Europe/Vienna', allows_sign_up = false,
       cpo_name = 'Greenway GmbH' where id = 101 $$,
    'an admin changes name, zone, name in certificates and whether drivers sign up'
);
select is(
    (select t.name || t.time_zone || t.cpo_name from api.tenants as t),
    'NewEurope/ViennaGreenway GmbH', 'and sees it'
);
update api.tenants set name = 'taken over' where id = 102;
select throws_ok(
    $$ update api.tenants set slug = 'x' where id = 101 $$, '42501', null,
    'what identifies a tenant is not theirs to change'
);
select throws_ok(
    $$ update api.tenants set is_active = true where id = 101 $$, '42501', null,
    'nor is whether it is open'
);
select throws_ok(
    $$ update api.tenants set time_zone = 'Mars/Olympus' where id = 101 $$, 'PT400',
    'Mars/Olympus is not the name of a time zone', 'a zone has to exist'
);
select throws_ok(
    $$ insert into api.tenants (slug, name, country_code, party_id)
       values ('x', 'X', 'FR', 'XXX') $$,
    '42501', null, 'only the platform makes tenants'
);
select throws_ok('delete from api.tenants', '42501', null, 'nobody deletes one');

select tests.act_as('greenway.platform_admin');
select set_eq(
    'select t.slug, t.name from api.tenants as t',
    $$ values ('greenway', 'New'), ('bluecharge', 'Bluecharge') $$,
    'the platform sees all; nothing happened to the other'
);
select lives_ok(
    $$ insert into api.tenants (slug, name, country_code, party_id)
       values ('x', 'X', 'FR', 'XXX') $$,
    'it makes tenants'
);
select lives_ok(
    $$ update api.tenants set is_active = false where slug = 'bluecharge' $$, 'and closes them'
);
select throws_ok(
    $$ update api.tenants set is_active = false where slug = 'greenway' $$, 'PT409',
    'the platform keeps at least one active admin in an active tenant',
    'but not the last that has an admin of the platform'
);
select throws_ok(
    $$ update api.tenants set time_zone = 'Foo+5' where slug = 'greenway' $$, 'PT400',
    'Foo+5 is not the name of a time zone', 'a POSIX form is no zone'
);
select throws_ok('delete from api.tenants', '42501', null, 'but deletes none either');

select tests.act_as('bluecharge.admin');
select throws_ok(
    'select claims.check_request()', 'PT401', 'this account is switched off here',
    'the people of a closed tenant are refused'
);

select * from finish();
rollback;
