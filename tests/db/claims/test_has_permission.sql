begin;
select plan(16);

select tests.act_as('greenway.admin');
select ok(claims.has_permission('roles.write'), 'an admin may define roles');
select tests.act_as('greenway.operator');
select ok(claims.has_permission('sites.write'), 'an operator may write sites');
select ok(not claims.has_permission('roles.write'), 'an operator may not define roles');
select ok(not claims.has_permission('no.such_permission'), 'nobody has what does not exist');
select ok(not claims.has_permission(null), 'nor null');
select tests.act_as('greenway.support');
select ok(not claims.has_permission('sites.write'), 'support may not write sites');
select tests.act_as('greenway.viewer');
select ok(not claims.has_permission('users.read'), 'a role without permissions has none');
select tests.act_as('greenway.customer');
select ok(not claims.has_permission('users.read'), 'a driver has none');
select tests.act_as('greenway.platform_admin');
select ok(claims.has_permission('no.such_permission'), 'the platform may everything');
select tests.act_as_anonymous();
select ok(not claims.has_permission('sites.write'), 'nobody without a token may anything');
select tests.act_as('greenway.inactive');
select ok(not claims.has_permission('sites.write'), 'a member who is switched off has none');

select tests.act_as('bluecharge.both');
select ok(claims.has_permission('roles.write'), 'who is admin there has it there');
select tests.act_as('greenway.both');
select ok(not claims.has_permission('roles.write'), 'and not where they are an operator');

select tests.act_as_owner();
delete from core.role_permissions as rp
using core.roles as r
where
    r.tenant_id = rp.tenant_id and r.id = rp.role_id
    and r.name = 'operator' and rp.permission = 'sites.write';
select tests.act_as('greenway.operator');
select ok(not claims.has_permission('sites.write'), 'revoking takes effect at once');

select tests.act_as_owner();
update core.tenants set is_active = false where id = 101;
select tests.act_as('greenway.admin');
select ok(not claims.has_permission('roles.write'), 'a tenant that is switched off gives nothing');

select tests.act_as_login('greenway_analyst');
select set_config('request.jwt.claims', tests.claims_of('greenway.admin')::text, true);
select ok(not claims.has_permission('roles.write'), 'nor does setting claims by hand');

select * from finish();
rollback;
