-- Give a role exactly the permissions named.
--
-- Called by: api.create_role, api.update_role, which have checked who asks and that the
--            permissions exist.
-- Writes:    core.role_permissions.
-- Errors:    PT400 permissions_of_customer.
create or replace function access.set_role_permissions(p_role core.roles, p_permissions text[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_role.audience = 'customer' and cardinality(p_permissions) > 0 then
        raise exception using
            errcode = 'PT400',
            message = 'a role for customers has no permissions',
            detail = '{"error":"permissions_of_customer"}',
            hint = 'Take the audience staff for people who work for the tenant.';
    end if;

    delete from core.role_permissions as rp
    where
        rp.tenant_id = p_role.tenant_id
        and rp.role_id = p_role.id
        and rp.permission <> all (p_permissions);
    insert into core.role_permissions (tenant_id, role_id, permission)
    select distinct p_role.tenant_id, p_role.id, p.key
    from unnest(p_permissions) as p (key)
    on conflict (tenant_id, role_id, permission) do nothing;
end;
$$;
revoke all on function access.set_role_permissions(core.roles, text[]) from public;
comment on function access.set_role_permissions(core.roles, text[]) is
    'Give a role exactly the permissions named.';
