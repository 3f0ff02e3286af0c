begin;
select plan(5);

select tests.act_as('greenway.platform_admin');
insert into api.tenants (slug, name, country_code, party_id)
values ('redcharge', 'Redcharge', 'FR', 'RED');

select set_eq(
    $$ select r.name, r.audience, cardinality(r.permissions) from api.roles as r
       inner join api.tenants as t on t.id = r.tenant_id
       where t.slug = 'redcharge' and r.is_built_in $$,
    $$ values
        ('platform_admin', 'platform', 0),
        ('admin', 'staff', (select count(*) from api.permissions)::integer),
        ('operator', 'staff', 18),
        ('accountant', 'staff', 7),
        ('support', 'staff', 3),
        ('customer', 'customer', 0) $$,
    'a new tenant gets its six roles'
);
select is(
    (
        select array_agg(r.permissions)
        from api.roles as r
        inner join api.tenants as t on t.id = r.tenant_id
        where t.slug = 'redcharge' and r.name = 'support'
    ),
    array[array['billing.read', 'messages.read', 'users.read']],
    'support reads messages, people and bills'
);
select is(
    (
        select r.permissions
        from api.roles as r
        where r.tenant_id = 101 and r.name = 'operator'
    ),
    array[
        'billing.read', 'charge_point_keys.write', 'charge_points.write', 'commands.write',
        'configuration.write', 'customers.write', 'exports.write', 'firmware.write',
        'id_tokens.write', 'jobs.write', 'messages.read', 'notifications.write',
        'onboarding.write', 'sessions.write', 'sites.write', 'tariffs.write',
        'transactions.write', 'users.read'
    ],
    'operators run the fleet'
);

select tests.act_as_owner();
delete from core.role_permissions where tenant_id = 101 and permission = 'sites.write';
select access.create_built_in_roles(101);
select is(
    (
        select count(*) from core.role_permissions as rp
        where rp.tenant_id = 101 and rp.permission = 'sites.write'
    ),
    2::bigint, 'again, it adds what is missing'
);
select is(
    (select count(*) from core.roles as r where r.tenant_id = 101), 7::bigint, 'and no more'
);

select * from finish();
rollback;
