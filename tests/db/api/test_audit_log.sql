begin;
select plan(8);

select tests.act_as('greenway.admin');
update api.tenants set name = 'Greenway Two' where id = 101;
select results_eq(
    $$ select a.user_email, a.actor, a.table_name, a.row_key, a.operation, a.old_values,
           a.new_values
       from api.audit_log as a
       where a.user_id = tests.user_id_of('greenway.admin') $$,
    $$ values ('admin@greenway.example', 'staff', 'core.tenants', '{"id": 101}'::jsonb, 'update',
        '{"name": "Greenway Charging"}'::jsonb, '{"name": "Greenway Two"}'::jsonb) $$,
    'an admin reads who changed what'
);
select is(
    (select count(*) from api.audit_log as a where a.tenant_id is distinct from 101), 0::bigint,
    'of their tenant only'
);
select throws_ok('delete from api.audit_log', '42501', null, 'and deletes nothing');
select throws_ok(
    'update api.audit_log set actor = ''x''', '42501', null, 'or changes it'
);
select tests.act_as('greenway.operator');
select is((select count(*) from api.audit_log), 0::bigint, 'without audit.read there is nothing');
select tests.act_as('greenway.customer');
select throws_ok('select id from api.audit_log', '42501', null, 'drivers may not ask');
select tests.act_as('bluecharge.admin');
select is(
    (select count(*) from api.audit_log as a where a.new_values ->> 'name' = 'Greenway Two'),
    0::bigint, 'another tenant sees nothing of it'
);
select tests.act_as('greenway.platform_admin');
select cmp_ok(
    (select count(distinct a.tenant_id) from api.audit_log as a), '>=', 2::bigint,
    'the platform reads all'
);

select * from finish();
rollback;
