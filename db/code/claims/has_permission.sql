-- Whether the person who is asking may do something in their tenant, now.
--
-- Read from the tables at every query, so that revoking takes effect at once. The audience
-- platform may everything.
-- Definer: people may not read each other's rights. The signature is frozen: policies use it.
create or replace function claims.has_permission(p_permission text)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_has boolean;
begin
    select
        r.audience = 'platform'
        or exists (
            select
            from core.role_permissions as rp
            where
                rp.tenant_id = r.tenant_id
                and rp.role_id = r.id
                and rp.permission = p_permission
        )
    into v_has
    from core.memberships as m
    inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    where
        m.tenant_id = claims.tenant_id()
        and m.user_id = claims.user_id()
        and m.is_active
        and u.is_active
        and t.is_active;
    return coalesce(v_has, false);
end;
$$;
revoke all on function claims.has_permission(text) from public;
grant execute on function claims.has_permission(text) to anon, staff, customer, platform, analyst;
comment on function claims.has_permission(text) is
    'Whether the person of the JWT has a permission in their tenant at this moment.';
