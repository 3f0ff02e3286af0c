begin;
select plan(29);

-- api.roles, api.permissions
select tests.act_as('greenway.support');
select set_eq(
    'select r.name from api.roles as r',
    array['platform_admin', 'admin', 'operator', 'accountant', 'support', 'customer', 'viewer'],
    'staff see the roles of their tenant'
);
select is((select count(*) from api.permissions), 28::bigint, 'and what there is to be allowed');
select tests.act_as('greenway.customer');
select throws_ok('select id from api.roles', '42501', null, 'drivers see no roles');
select throws_ok('select key from api.permissions', '42501', null, 'nor permissions');

-- api.create_role
select tests.act_as('greenway.admin');
select set_config(
    'tests.role',
    api.create_role('caretaker', 'staff', array['sites.write', 'sites.write'], 'Keys') ->> 'id',
    true
);
select results_eq(
    $$ select r.name, r.permissions, r.description, r.is_built_in from api.roles as r
       where r.id = current_setting('tests.role')::bigint $$,
    $$ values ('caretaker', array['sites.write'], 'Keys', false) $$,
    'an admin defines a role'
);
select throws_ok(
    $$ select api.create_role('caretaker') $$, '23505', null, 'with a name of its own'
);
select throws_ok(
    $$ select api.create_role('Care Taker') $$, 'PT400', 'this is no name for a role', 'a plain one'
);
select throws_ok($$ select api.create_role(null) $$, 'PT400', null, 'not null');
select throws_ok(
    $$ select api.create_role('x', 'anon') $$, 'PT400', 'there is no such audience',
    'for an audience that exists'
);
select throws_ok(
    $$ select api.create_role('x', null) $$, 'PT400', null, 'null is none'
);
select throws_ok(
    $$ select api.create_role('x', 'platform') $$, 'PT403', 'this role may do more than you may',
    'not the platform''s'
);
select throws_ok(
    $$ select api.create_role('x', 'staff', array['nothing.write']) $$, 'PT400',
    'there is no permission nothing.write', 'with permissions that exist'
);
select throws_ok(
    format(
        'select api.update_role(%s, null, array[''nothing.write''])',
        current_setting('tests.role')
    ),
    'PT400', 'there is no permission nothing.write', 'at a change, too'
);
select tests.act_as_owner();
delete from core.role_permissions
where
    permission = 'id_tokens.write'
    and role_id = (select r.id from core.roles as r where r.tenant_id = 101 and r.name = 'admin');
select tests.act_as('greenway.admin');
select throws_ok(
    $$ select api.create_role('x', 'staff', array['id_tokens.write']) $$, 'PT403', null,
    'and that one has'
);
select tests.act_as_owner();
insert into core.role_permissions (tenant_id, role_id, permission)
select r.tenant_id, r.id, 'id_tokens.write'
from core.roles as r
where r.tenant_id = 101 and r.name = 'admin';
select tests.act_as('greenway.admin');
select throws_ok(
    $$ select api.create_role('x', 'customer', array['sites.write']) $$, 'PT400',
    'a role for customers has no permissions', 'and none for drivers'
);
select throws_ok(
    $$ select api.create_role('x', 'staff', '{}', repeat('x', 501)) $$, 'PT400',
    'the description is too long', 'described in short'
);
select tests.act_as('greenway.platform_admin');
select throws_ok(
    $$ select api.create_role('x', 'staff', array['nothing.write']) $$, 'PT400',
    'there is no permission nothing.write', 'the platform has all, but only those there are'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.create_role('x') $$, 'PT403', 'your role lacks the permission roles.write',
    'it takes a permission'
);

-- api.update_role
select tests.act_as('greenway.admin');
select api.set_user_role(tests.user_id_of('greenway.viewer'), 'caretaker');
select lives_ok(
    $$ select api.update_role(current_setting('tests.role')::bigint,
           permissions => array['roles.write', 'sites.write']) $$,
    'a role is changed'
);
select tests.act_as('greenway.viewer');
select ok(claims.has_permission('roles.write'), 'for who has it, at once');
select throws_ok(
    $$ select api.update_role(current_setting('tests.role')::bigint,
           permissions => array['roles.write', 'audit.read']) $$,
    'PT403', 'this role may do more than you may', 'who cannot give themselves more'
);
select tests.act_as('greenway.admin');
select throws_ok(
    format('select api.update_role(%s, description => ''x'')', r.id), 'PT409',
    'a built-in role stays as it is', 'built-in roles stay'
)
from api.roles as r
where r.name = 'operator';
select tests.act_as('bluecharge.admin');
select throws_ok(
    $$ select api.update_role(current_setting('tests.role')::bigint, description => 'x') $$,
    'PT404', 'the tenant has no such role', 'another tenant''s role is unknown'
);
select tests.act_as('greenway.admin');
select api.update_role(current_setting('tests.role')::bigint, name => 'janitor',
permissions => '{}');
select results_eq(
    $$ select r.name, r.permissions, r.description from api.roles as r
       where r.id = current_setting('tests.role')::bigint $$,
    $$ values ('janitor', '{}'::text[], 'Keys') $$, 'what is left out stays'
);

-- api.delete_role
select throws_ok(
    $$ select api.delete_role(current_setting('tests.role')::bigint) $$, '23503', null,
    'a role that somebody has is not deleted'
);
select api.set_user_role(tests.user_id_of('greenway.viewer'), 'viewer');
select lives_ok(
    $$ select api.delete_role(current_setting('tests.role')::bigint) $$, 'one that nobody has is'
);
select throws_ok(
    $$ select api.delete_role(current_setting('tests.role')::bigint) $$, 'PT404', null, 'once'
);
select throws_ok(
    format('select api.delete_role(%s)', r.id), 'PT409', null, 'built-in roles stay'
)
from api.roles as r
where r.name = 'customer';

-- Escalation by deleting what one does not hold.
select api.create_role('auditor', 'staff', array['audit.read']);
select api.create_role('definer', 'staff', array['roles.write']);
select api.set_user_role(tests.user_id_of('greenway.viewer'), 'definer');
select set_config(
    'tests.role', (select r.id from api.roles as r where r.name = 'auditor')::text, true
);
select tests.act_as('greenway.viewer');
select throws_ok(
    $$ select api.delete_role(current_setting('tests.role')::bigint) $$, 'PT403', null,
    'nobody deletes a role that may do more than they'
);

select * from finish();
rollback;
