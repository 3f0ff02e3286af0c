-- Assignments, customer groups and their members through the API: who writes what, and overlaps.
begin;
select plan(38);

select tests.act_as_owner();
delete from core.tariff_assignments;
delete from core.customer_group_members;
delete from core.customer_groups;
insert into core.tariffs (tenant_id, id, tariff_id, name)
overriding system value
values (101, 1101, 'DAY', 'Day'), (101, 1102, 'NIGHT', 'Night'), (102, 2101, 'DAY2', 'Day');
insert into core.customer_groups (tenant_id, id, name)
overriding system value
values (102, 2101, 'Neighbours');
insert into core.tariff_assignments (tenant_id, id, tariff_id)
overriding system value
values (102, 2101, 2101);

-- An operator --------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ insert into api.tariff_assignments (tariff_id) values (1101)
       returning tenant_id, place, audience, priority, starts_at, ends_at $$,
    $$ values (101::bigint, 'tenant', 'everyone', 0, null::timestamptz, null::timestamptz) $$,
    'a tariff without a place is for the tenant, without a person for everyone'
);
select results_eq(
    $$ insert into api.tariff_assignments (tariff_id, connector_id, id_token_id)
       values (1101, 1001, 1001) returning place, audience $$,
    $$ values ('connector', 'id_token') $$,
    'a place and a token narrow it'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id) values (1102) $$, 'PT409', null,
    'a second tariff for the same place and people is refused'
);
select throws_matching(
    $$ insert into api.tariff_assignments (tariff_id, starts_at) values (1102, now()) $$,
    'same place, audience and priority', 'also from some time on'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id, priority) values (1101, 50), (1102, 50) $$,
    'PT409', null, 'two of one request likewise'
);
select lives_ok(
    $$ insert into api.tariff_assignments (tariff_id, priority) values (1102, 1) $$,
    'with another priority it is clear which wins'
);
select lives_ok(
    $$ insert into api.tariff_assignments (tariff_id, site_id) values (1102, 1001) $$,
    'and so it is for another place'
);
select lives_ok(
    $$ insert into api.tariff_assignments (tariff_id, evse_id) values (1102, 1001) $$,
    'though the number of the place be the same'
);
select throws_ok(
    $$ update api.tariff_assignments set priority = 0 where priority = 1 $$, 'PT409', null,
    'an update may not make two of one either'
);
select lives_ok(
    $$ update api.tariff_assignments set ends_at = '2026-06-01Z' where place = 'tenant'
       and priority = 0 $$,
    'the first ends'
);
select lives_ok(
    $$ insert into api.tariff_assignments (tariff_id, starts_at) values (1102, '2026-06-01Z') $$,
    'and the next begins at that moment'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id, starts_at, ends_at)
       values (1101, '2026-05-01Z', '2026-05-02Z') $$,
    'PT409', null, 'within the first there is no room'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id, priority, starts_at, ends_at)
       values (1101, 9, '2026-05-02Z', '2026-05-01Z') $$,
    '23514', null, 'an end before its start is none'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id, site_id, evse_id, priority)
       values (1101, 1001, 1001, 8) $$,
    '23514', null, 'one assignment names one place'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id, customer_group_id, id_token_id)
       values (1101, 1101, 1001) $$,
    '23514', null, 'and one kind of people'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id, site_id) values (1101, 2001) $$, '23503',
    null, 'another tenant''s place cannot be named'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id, priority) values (2101, 7) $$, '23503',
    null, 'nor another tenant''s tariff'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tenant_id, tariff_id) values (102, 2101) $$, '42501',
    null, 'nor is a row another tenant''s, whether or not there is one already'
);
select throws_ok(
    $$ insert into api.tariff_assignments (tenant_id, tariff_id, priority)
       values (102, 2101, 1) $$,
    '42501', null, 'which is not told'
);
select is_empty(
    $$ update api.tariff_assignments set priority = 5 where id = 2101 returning id $$,
    'another tenant''s assignment is not there to be changed'
);
select is_empty(
    $$ delete from api.tariff_assignments where id = 2101 returning id $$, 'nor deleted'
);
select is(
    (select count(*) from api.tariff_assignments as a where a.tenant_id <> 101), 0::bigint,
    'nor read'
);

select results_eq(
    $$ insert into api.customer_groups (name) values ('Fleet') returning tenant_id $$,
    $$ values (101::bigint) $$, 'a customer group is made'
);
select throws_ok(
    $$ insert into api.customer_groups (name) values ('Fleet') $$, '23505', null, 'once by a name'
);
select lives_ok(
    $$ insert into api.customer_group_members (customer_group_id, user_id)
       select g.id, tests.user_id_of('greenway.customer') from api.customer_groups as g $$,
    'a person is put into it'
);
select lives_ok(
    $$ insert into api.customer_group_members (customer_group_id, id_token_id)
       select g.id, 1003 from api.customer_groups as g $$,
    'and a token'
);
select throws_ok(
    $$ insert into api.customer_group_members (customer_group_id, id_token_id)
       select g.id, 1003 from api.customer_groups as g $$,
    '23505', null, 'once'
);
select throws_ok(
    $$ insert into api.customer_group_members (customer_group_id, id_token_id)
       select g.id, 2001 from api.customer_groups as g $$,
    '23503', null, 'but no token of another tenant'
);
select throws_ok(
    $$ insert into api.customer_group_members (customer_group_id, user_id)
       select g.id, tests.user_id_of('bluecharge.customer') from api.customer_groups as g $$,
    '23503', null, 'no person of another tenant'
);
select throws_ok(
    $$ insert into api.customer_group_members (customer_group_id, id_token_id)
       values (2101, 1003) $$,
    '23503', null, 'and into no group of another tenant'
);
select throws_ok(
    $$ insert into api.customer_group_members (customer_group_id)
       select g.id from api.customer_groups as g $$,
    '23514', null, 'a member is somebody'
);
select lives_ok(
    $$ insert into api.tariff_assignments (tariff_id, customer_group_id)
       select 1101, g.id from api.customer_groups as g $$,
    'a tariff is assigned to the group'
);
select lives_ok($$ delete from api.customer_groups $$, 'which goes');
select results_eq(
    $$ select (select count(*) from api.customer_group_members),
           (select count(*) from api.tariff_assignments where audience = 'customer_group') $$,
    $$ values (0::bigint, 0::bigint) $$,
    'with its members and assignments'
);

-- Others ---------------------------------------------------------------------------------------

select tests.act_as('greenway.support');
select throws_ok(
    $$ insert into api.tariff_assignments (tariff_id) values (1101) $$, 'PT403', null,
    'without tariffs.write nothing is assigned'
);
select throws_ok(
    $$ insert into api.customer_groups (name) values ('Mine') $$, 'PT403', null,
    'and no group is made'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select from api.tariff_assignments $$, '42501', null, 'drivers do not read assignments'
);

-- Without the trigger the constraint speaks.
select tests.act_as_owner();
alter table core.tariff_assignments disable trigger tariff_assignments__check;
select throws_ok(
    $$ insert into core.tariff_assignments (tenant_id, tariff_id) values (102, 2101) $$, '23P01',
    null, 'below the trigger there is the constraint'
);

select * from finish();
rollback;
