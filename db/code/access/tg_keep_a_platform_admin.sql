-- The platform keeps an active admin in an active tenant, or nobody could open it again.
--
-- Called by: triggers memberships__keep_a_platform_admin (after update or delete),
--            tenants__keep_a_platform_admin and users__keep_a_platform_admin (after one is
--            switched off), for each row. A deleted person or tenant loses its memberships.
-- Locks:     one for all, so that two who go at the same time see each other.
-- Errors:    PT409 last_platform_admin.
-- Definer:   it has to see every membership.
create or replace function access.tg_keep_a_platform_admin()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row constant jsonb := to_jsonb(old);
begin
    -- Nothing to keep where none of those who are concerned was an admin of the platform.
    if tg_table_name = 'memberships' then
        if not old.is_active or not exists (
            select
            from core.roles as r
            where
                r.tenant_id = old.tenant_id
                and r.id = old.role_id
                and r.audience = 'platform'
        ) then
            return null;
        end if;
    elsif not exists (
        select
        from core.memberships as m
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        where
            m.is_active
            and r.audience = 'platform'
            and case tg_table_name
                when 'tenants' then m.tenant_id::text else m.user_id::text
            end = v_row ->> 'id'
    ) then
        return null;
    end if;

    perform pg_advisory_xact_lock(hashtextextended('access.keep_a_platform_admin', 0));
    if not exists (
        select
        from core.memberships as m
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        inner join core.users as u on u.id = m.user_id
        inner join core.tenants as t on t.id = m.tenant_id
        where r.audience = 'platform' and m.is_active and u.is_active and t.is_active
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the platform keeps at least one active admin in an active tenant',
            detail = '{"error":"last_platform_admin"}',
            hint = 'Make somebody else a platform admin first.';
    end if;
    return null;
end;
$$;
revoke all on function access.tg_keep_a_platform_admin() from public;
comment on function access.tg_keep_a_platform_admin() is
    'Trigger: the platform keeps an active admin in an active tenant.';
