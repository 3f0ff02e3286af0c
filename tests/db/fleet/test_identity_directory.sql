-- The directory of OCPP identities: unique across tenants, whatever the case.
begin;
select plan(12);
select tests.act_as('greenway.operator');

select lives_ok(
    $$ insert into api.charge_points (identity) values ('New-1') $$, 'a free identity is taken'
);
select throws_ok(
    $$ insert into api.charge_points (identity) values ('NEW-1') $$,
    'PT409', 'the identity NEW-1 is taken', 'not twice within a tenant, whatever its case'
);
select throws_ok(
    $$ insert into api.charge_points (identity) values ('bc-cp-1') $$,
    'PT409', 'the identity bc-cp-1 is taken', 'and not one that another tenant has'
);
select throws_ok(
    $$ update api.charge_points set identity = 'BC-CP-1' where id = 1001 $$,
    'PT409', 'the identity BC-CP-1 is taken', 'nor by renaming'
);
select lives_ok(
    $$ update api.charge_points set identity = 'gw-cp-1' where id = 1001 $$,
    'changing the case of one''s own identity is no conflict'
);
select lives_ok(
    $$ update api.charge_points set identity = 'GW-CP-9' where id = 1001 $$,
    'renaming sets the old identity free'
);
select lives_ok($$ insert into api.charge_points (identity) values ('GW-CP-1') $$, 'for another');
delete from api.charge_points where identity = 'New-1';

select tests.act_as_owner();
select set_eq(
    $$ select i.identity_key from core.charge_point_identities as i where i.tenant_id = 101 $$,
    array['gw-cp-1', 'gw-cp-2', 'gw-cp-9'], 'the directory follows'
);
insert into core.charge_points (tenant_id, identity) values (102, 'Stray-1');
select results_eq(
    $$ select u.state from core.unknown_charge_points as u where u.identity_key = 'stray-1' $$,
    array['admitted'], 'a charger that is registered leaves the inbox of those without a tenant'
);
insert into core.unknown_charge_points (tenant_id, identity, identity_key)
values (102, 'gw-new-1', 'gw-new-1');
insert into core.charge_points (tenant_id, identity) values (102, 'GW-NEW-1');
select results_eq(
    $$ select u.tenant_id, u.state from core.unknown_charge_points as u
       where u.identity_key = 'gw-new-1' order by 1 $$,
    $$ values (101::bigint, 'waiting'), (102, 'admitted') $$,
    'and its tenant''s, but no other tenant''s'
);
select is_empty(
    $$ select from core.audit_log as a
       where a.tenant_id = 101 and a.table_name = 'core.unknown_charge_points'
           and a.operation = 'update' $$,
    'nor is anything written into another tenant''s audit'
);

select tests.act_as('greenway.admin');
select throws_ok(
    $$ select from core.charge_point_identities $$, '42501', null, 'nobody reads the directory'
);

select * from finish();
rollback;
