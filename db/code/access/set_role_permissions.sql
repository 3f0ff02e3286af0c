-- Give a role exactly the permissions named.
--
-- Called by: api.create_role, api.update_role, which have checked who asks.
-- Writes:    core.role_permissions.
-- Errors:    PT400 permission_unknown, permissions_of_customer.
create or replace function access.set_role_permissions(p_role core.roles, p_permissions text[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unknown text;
begin
    select p.key
    into v_unknown
    from unnest(p_permissions) as p (key)
    where not exists (select from core.permissions as known where known.key = p.key)
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            message = format('there is no permission %s', left(v_unknown, 100)),
            detail = '{"error":"permission_unknown"}',
            hint = 'The relation permissions lists them.';
    end if;
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
