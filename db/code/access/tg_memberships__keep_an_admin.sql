-- A tenant that has an active admin keeps one.
--
-- Called by: trigger memberships__keep_an_admin, after update or delete, for each row.
-- Locks:     the tenant's row, so that two admins cannot demote each other at the same time.
-- Errors:    PT409 last_admin.
-- Definer:   it has to see every membership of the tenant.
create or replace function access.tg_memberships__keep_an_admin()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_admin_role_id bigint;
begin
    select r.id
    into v_admin_role_id
    from core.roles as r
    where r.tenant_id = old.tenant_id and r.name = 'admin' and r.is_built_in;

    if v_admin_role_id is null or old.role_id <> v_admin_role_id or not old.is_active then
        return null;
    end if;
    if tg_op = 'UPDATE' then
        if new.tenant_id = old.tenant_id and new.role_id = v_admin_role_id and new.is_active then
            return null;
        end if;
    end if;

    perform from core.tenants as t where t.id = old.tenant_id for no key update;
    if not exists (
        select
        from core.memberships as m
        inner join core.users as u on u.id = m.user_id
        where
            m.tenant_id = old.tenant_id
            and m.role_id = v_admin_role_id
            and m.is_active
            and u.is_active
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'a tenant keeps at least one active admin',
            detail = '{"error":"last_admin"}',
            hint = 'Make somebody else an admin first.';
    end if;
    return null;
end;
$$;
revoke all on function access.tg_memberships__keep_an_admin() from public;
comment on function access.tg_memberships__keep_an_admin() is
    'Trigger: a tenant that has an active admin keeps one.';
