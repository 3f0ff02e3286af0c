begin;
select plan(9);

select tests.act_as_owner();
insert into core.identity_providers (issuer, audience)
select 'https://' || n || '.example', 'voltaro' from generate_series(1, 101) as n;

insert into core.charge_points (tenant_id, identity)
select 101, 'BULK' || n from generate_series(1, 101) as n;
insert into core.charge_point_groups (tenant_id, name) values (101, 'bulk');
insert into core.charge_point_group_members (tenant_id, charge_point_group_id, charge_point_id)
select 101, g.id, c.id
from core.charge_point_groups as g
cross join core.charge_points as c
where g.name = 'bulk' and c.identity like 'BULK%';
insert into core.evses (tenant_id, charge_point_id, evse_no)
select c.tenant_id, c.id, n
from core.charge_points as c cross join generate_series(1, 101) as n
where c.identity = 'BULK1';

-- This file is one statement to the clock; an API request is one of its own.
create function pg_temp.begin_request() returns text language sql as $$
    select set_config('audit.limited_table', '', true)
$$;
grant execute on function pg_temp.begin_request() to staff, platform;

select tests.act_as('greenway.operator');
select results_eq(
    $$ delete from api.charge_points where identity = 'BULK1' returning identity $$,
    array['BULK1'], 'a charge point goes with its 101 EVSEs'
);
select pg_temp.begin_request();
insert into api.charge_points (identity) values ('BULK1');
insert into api.charge_point_group_members (charge_point_group_id, charge_point_id)
select g.id, c.id
from api.charge_point_groups as g cross join api.charge_points as c
where g.name = 'bulk' and c.identity = 'BULK1';
select results_eq(
    $$ delete from api.charge_point_groups where name = 'bulk' returning name $$,
    array['bulk'], 'a group with its 101 members'
);
select pg_temp.begin_request();
select throws_ok(
    $$ delete from api.charge_points where identity like 'BULK%' $$, 'PT400',
    'one request may change at most 100 rows of charge_points', 'and 101 charge points do not'
);

select tests.act_as('greenway.platform_admin');
select pg_temp.begin_request();
select throws_ok(
    'update api.identity_providers set audience = ''x''', 'PT400',
    'one request may change at most 100 rows of identity_providers',
    'an API statement may not change more than 100 rows'
);
select throws_ok(
    $$ delete from api.identity_providers where issuer not like '%charge.example'
       and issuer not like '%way.example' $$,
    'PT400', null, 'nor delete them'
);
select lives_ok(
    $$ update api.identity_providers set audience = 'x'
       where issuer like 'https://_.example' or issuer like 'https://__.example' $$,
    '99 are fine'
);
select lives_ok(
    $$ update api.identity_providers set audience = 'y'
       where issuer like 'https://_.example' or issuer like 'https://__.example'
           or issuer = 'https://100.example' $$,
    'and 100 are'
);
select lives_ok(
    $$ delete from api.identity_providers where issuer = 'https://nobody.example' $$,
    'and none is'
);

select tests.act_as_owner();
select lives_ok(
    $$ delete from core.identity_providers as p
       where not exists (select from core.identities as i where i.issuer = p.issuer) $$,
    'the limit is the API''s alone'
);

select * from finish();
rollback;
