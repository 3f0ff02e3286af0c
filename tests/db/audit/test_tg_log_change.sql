begin;
select plan(17);

-- The last entry of a table, as text that reads well in a comparison.
create function pg_temp.last_entry(p_table text)
returns text
language sql
as $$
    select concat_ws(
        ' ', a.tenant_id, a.actor, a.operation, a.row_key, coalesce(a.old_values::text, '-'),
        coalesce(a.new_values::text, '-')
    )
    from core.audit_log as a
    where a.table_name = p_table
    order by a.id desc
    limit 1;
$$;
create function pg_temp.entries(p_table text)
returns bigint
language sql
as $$
    select count(*) from core.audit_log as a where a.table_name = p_table;
$$;

select tests.act_as('greenway.admin');
update api.tenants set name = 'Greenway Two' where id = 101;
select tests.act_as_owner();
select is(
    pg_temp.last_entry('core.tenants'),
    '101 staff update {"id": 101} {"name": "Greenway Charging"} {"name": "Greenway Two"}',
    'an update names who acted and the columns that changed, nothing else'
);
select is(
    a.user_id, tests.user_id_of('greenway.admin'), 'and the person'
)
from core.audit_log as a
where a.table_name = 'core.tenants'
order by a.id desc
limit 1;

select set_config('tests.count', pg_temp.entries('core.tenants')::text, true);
select tests.act_as('greenway.admin');
update api.tenants set name = name where id = 101;
select tests.act_as_owner();
select is(
    pg_temp.entries('core.tenants'), current_setting('tests.count')::bigint,
    'an update that changes nothing writes nothing'
);

insert into core.role_permissions (tenant_id, role_id, permission)
select r.tenant_id, r.id, 'audit.read' from core.roles as r
where r.tenant_id = 102 and r.name = 'viewer';
select matches(
    pg_temp.last_entry('core.role_permissions'),
    '^102 \S+ insert \{"role_id": \d+, "tenant_id": 102, "permission": "audit.read"\} - \{',
    'an insert has the whole key, the tenant of the row, and the login of who was no person'
);
delete from core.role_permissions as rp
where rp.tenant_id = 102 and rp.permission = 'audit.read';
select matches(
    pg_temp.last_entry('core.role_permissions'), '^102 \S+ delete .* \{.*\} -$',
    'a delete has the old values only'
);

update core.credentials set password_hash = '$2a$04$' || repeat('a', 53)
where user_id = tests.user_id_of('greenway.admin');
select matches(
    pg_temp.last_entry('core.credentials'),
    'update \{"user_id": "[^"]+"\} \{"password_hash": "\*\*\*"\} \{"password_hash": "\*\*\*"\}$',
    'that a secret changed is kept, the secret is not'
);
update ops.secrets set value = 'another secret, of thirty-two characters' where name = 'jwt_secret';
select matches(
    pg_temp.last_entry('ops.secrets'), '"\*\*\*".*"\*\*\*"', 'a column named by the trigger too'
);
insert into core.api_keys (tenant_id, user_id, name, prefix, key_hash)
values (101, tests.user_id_of('greenway.admin'), 'k', 'vk_x', sha256('x'));
select matches(
    pg_temp.last_entry('core.api_keys'), '"key_hash": "\*\*\*"', 'in an insert'
);
select doesnt_match(
    (select string_agg(a::text, ' ') from core.audit_log as a),
    '\$2[aby]\$|x7884db77',
    'no hash of anything is in the log'
);

select set_config('tests.count', pg_temp.entries('core.api_keys')::text, true);
update core.api_keys set last_used_at = now() where id = 1001 and tenant_id = 101;
select is(
    pg_temp.entries('core.api_keys'), current_setting('tests.count')::bigint,
    'a column that the trigger leaves out writes nothing'
);
update core.api_keys set last_used_at = now() + interval '1 s', name = 'renamed'
where id = 1001 and tenant_id = 101;
select matches(
    pg_temp.last_entry('core.api_keys'),
    '\{"name": "reporting"\} \{"name": "renamed"\}$', 'and is left out beside others'
);

-- A person is in many tenants: what somebody does to one is their tenant's entry.
select tests.act_as('bluecharge.admin');
select api.update_profile(full_name => 'Blue Admin');
select tests.act_as_owner();
select matches(
    pg_temp.last_entry('core.users'), '^102 staff update',
    'a person changed belongs to the actor''s tenant'
);
select is(
    (select count(*) from core.audit_log as a where a.old_values = '{}' or a.new_values = '{}'),
    0::bigint, 'there is no empty entry'
);

-- The platform is nobody's tenant, although its admin is a member of one.
select tests.act_as('greenway.platform_admin');
insert into api.identity_providers (issuer, audience) values ('https://secret.example', 'x');
update api.sites set city = 'Utrecht' where id = 2001;
select tests.act_as_owner();
select matches(
    pg_temp.last_entry('core.identity_providers'),
    '^platform insert \{"issuer": "https://secret.example"\}',
    'a row without a tenant that the platform changes belongs to none'
);
select matches(
    pg_temp.last_entry('core.sites'), '^102 platform update', 'a row with one, to that'
);
select tests.act_as('greenway.admin');
select is_empty(
    $$ select from api.audit_log as a where a.table_name like 'core.identit%' $$,
    'the admin of the tenant where the platform admin is a member reads no issuer'
);

select tests.act_as('greenway.operator');
select throws_ok(
    'insert into core.audit_log default values', '42501', null, 'nobody writes the log by hand'
);

select * from finish();
rollback;
