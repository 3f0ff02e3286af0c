-- Calls about groups too large for one statement do a part, and the next call goes on from there.
begin;
select plan(8);

select tests.act_as_owner();
insert into core.charge_point_group_members (tenant_id, charge_point_group_id, charge_point_id)
values (101, 1001, 1002);
update core.charge_points set configuration_template_id = 1001 where tenant_id = 101;
delete from core.configuration_keys where tenant_id = 101;
update ops.settings set value = '1' where name = 'fleet.max_local_list_work';

-- Local lists ------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.charge_point_id, c.state, c.error_code
       from api.send_local_list(charge_point_group => 'Fast') as c order by c.charge_point_id $$,
    $$ values (1001::bigint, 'queued', null), (1002, 'expired', 'LeftOut') $$,
    'a call goes through one list at least, and says which it has left out'
);
select is(
    (select c.charge_point_id from api.send_local_list(charge_point_group => 'Fast') as c
     where c.state = 'queued'),
    1002::bigint, 'those come first the next time'
);
select is(
    (select c.charge_point_id from api.send_local_list(charge_point_group => 'Fast') as c
     where c.state = 'queued'),
    1001::bigint, 'and then again the others'
);
select is(
    (select count(*) from api.send_local_list('GW-CP-1') as c where c.state = 'queued'),
    1::bigint, 'a charge point that is named is never left out'
);
select tests.act_as_owner();
update ops.settings set value = '12000' where name = 'fleet.max_local_list_work';
select tests.act_as('greenway.operator');
select is(
    (select count(distinct c.charge_point_id)
     from api.send_local_list(charge_point_group => 'Fast') as c where c.state = 'queued'),
    2::bigint, 'nor is anybody with lists of a common size'
);

-- Templates --------------------------------------------------------------------------------------

select tests.act_as_owner();
update ops.settings set value = '0' where name = 'fleet.max_template_s';
select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.charge_point_id, c.state, c.error_code
       from api.apply_configuration_template(charge_point_group => 'Fast') as c
       order by c.charge_point_id $$,
    $$ values (1001::bigint, 'expired', 'LeftOut'), (1002, 'expired', 'LeftOut') $$,
    'who has no turn before the time is over is told so'
);
select is(
    (select count(*) from api.apply_configuration_template('GW-CP-1') as c
     where c.state = 'queued'),
    1::bigint, 'but for a charge point that is named'
);
select tests.act_as_owner();
update ops.settings set value = '3' where name = 'fleet.max_template_s';
select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.charge_point_id, c.state
       from api.apply_configuration_template(charge_point_group => 'Fast') as c $$,
    $$ values (1002::bigint, 'queued') $$, 'and nobody is sent the same twice'
);

select * from finish();
rollback;
