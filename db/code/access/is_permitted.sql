-- Whether a person may do something in a tenant, now: what claims.has_permission asks of whoever
-- is asking, for work that is done later on somebody's behalf. The platform may everything, in
-- every tenant.
--
-- Called by: jobs.take_export, jobs.redeem_export_link.
create or replace function access.is_permitted(
    p_tenant_id bigint,
    p_user_id uuid,
    p_permission text
)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from core.memberships as m
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        inner join core.users as u on u.id = m.user_id
        inner join core.tenants as t on t.id = m.tenant_id
        where
            m.user_id = p_user_id
            and m.is_active
            and u.is_active
            and t.is_active
            and (
                r.audience = 'platform'
                or m.tenant_id = p_tenant_id
                and exists (
                    select
                    from core.role_permissions as rp
                    where
                        rp.tenant_id = r.tenant_id
                        and rp.role_id = r.id
                        and rp.permission = p_permission
                )
            )
    );
$$;
revoke all on function access.is_permitted(bigint, uuid, text) from public;
comment on function access.is_permitted(bigint, uuid, text) is
    'Whether a person has a permission in a tenant at this moment.';
