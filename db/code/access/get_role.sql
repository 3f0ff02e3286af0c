-- Find a role of a tenant by name, if the person who asks may give and take it.
--
-- Errors: PT404 role_unknown; PT403 role_beyond_own.
create or replace function access.get_role(p_tenant_id bigint, p_name text)
returns core.roles
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role core.roles;
begin
    select r.* into v_role from core.roles as r where r.tenant_id = p_tenant_id and r.name = p_name;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'the tenant has no such role',
            detail = '{"error":"role_unknown"}',
            hint = 'The relation roles lists them.';
    end if;
    perform access.require_role_within(
        v_role.audience,
        array(
            select rp.permission
            from core.role_permissions as rp
            where rp.tenant_id = p_tenant_id and rp.role_id = v_role.id
        )
    );
    return v_role;
end;
$$;
revoke all on function access.get_role(bigint, text) from public;
comment on function access.get_role(bigint, text) is
    'Find a role of a tenant by name, if the person who asks may give and take it.';
