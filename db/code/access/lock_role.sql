-- Find and lock a role that the person who asks may change: of their tenant, not built in, and
-- doing no more than they may.
--
-- Locks:  core.roles (row).
-- Errors: PT403 permission_missing, role_beyond_own; PT404 role_unknown, also for roles of other
--         tenants; PT409 role_built_in.
create or replace function access.lock_role(p_role_id bigint)
returns core.roles
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role core.roles;
begin
    perform access.require_permission('roles.write');
    select r.*
    into v_role
    from core.roles as r
    where
        r.id = p_role_id
        and (r.tenant_id = claims.tenant_id() or claims.role() = 'platform')
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'the tenant has no such role',
            detail = '{"error":"role_unknown"}',
            hint = 'The relation roles lists them.';
    end if;
    if v_role.is_built_in then
        raise exception using
            errcode = 'PT409',
            message = 'a built-in role stays as it is',
            detail = '{"error":"role_built_in"}',
            hint = 'Make a role of your own with create_role.';
    end if;
    perform access.get_role(v_role.tenant_id, v_role.name);
    return v_role;
end;
$$;
revoke all on function access.lock_role(bigint) from public;
comment on function access.lock_role(bigint) is
    'Find and lock a role that the person who asks may change.';
