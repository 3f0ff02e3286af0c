-- Who the token is: the person, the tenant and role, what it may do, and where else it belongs.
--
-- Definer: customers may read neither roles nor memberships, nobody those in other tenants.
create or replace function api.me()
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'user_id', u.id,
        'email', u.email,
        'full_name', u.full_name,
        'language', u.language,
        'tenant_id', t.id,
        'tenant', t.slug,
        'tenant_name', t.name,
        'role', r.name,
        'audience', r.audience,
        'permissions', array(
            select p.key
            from core.permissions as p
            where
                r.audience = 'platform'
                or exists (
                    select
                    from core.role_permissions as rp
                    where
                        rp.tenant_id = r.tenant_id
                        and rp.role_id = r.id
                        and rp.permission = p.key
                )
            order by p.key
        ),
        'tenants', (
            select json_agg(
                json_build_object(
                    'id', ot.id, 'slug', ot.slug, 'name', ot.name, 'role', orr.name
                )
                order by ot.slug
            )
            from core.memberships as om
            inner join core.tenants as ot on ot.id = om.tenant_id
            inner join core.roles as orr on orr.tenant_id = om.tenant_id and orr.id = om.role_id
            where om.user_id = u.id and om.is_active and ot.is_active
        )
    )
    from core.memberships as m
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
    where m.tenant_id = claims.tenant_id() and m.user_id = claims.user_id();
$$;
revoke all on function api.me() from public;
grant execute on function api.me() to staff, customer, platform;
comment on function api.me() is
    E'Who your token is.\n'
    'The person, the tenant and role it acts in, its permissions there, and the tenants that '
    'switch_tenant accepts.';
