-- Give a tenant the roles that every tenant has. Repeatable: adds what is missing.
--
-- platform_admin acts across tenants whatever its permissions; only a platform admin can give it.
-- Called by: access.tg_tenants__create_roles.
-- Writes:    core.roles, core.role_permissions.
-- Definer:   whoever may create a tenant may not write roles.
create or replace function access.create_built_in_roles(p_tenant_id bigint)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.roles (tenant_id, name, audience, is_built_in, description)
    values
        (p_tenant_id, 'platform_admin', 'platform', true, 'Runs the platform: every tenant.'),
        (p_tenant_id, 'admin', 'staff', true, 'May do everything within the tenant.'),
        (p_tenant_id, 'operator', 'staff', true, 'Runs the fleet, its tokens and sessions.'),
        (p_tenant_id, 'accountant', 'staff', true, 'Bills customers and reads the books.'),
        (p_tenant_id, 'support', 'staff', true, 'Looks into what happened, changes nothing.'),
        (p_tenant_id, 'customer', 'customer', true, 'A driver: own tokens and sessions.')
    on conflict (tenant_id, name) do nothing;

    insert into core.role_permissions (tenant_id, role_id, permission)
    select r.tenant_id, r.id, p.key
    from core.roles as r
    inner join core.permissions as p
        on
            r.name = 'admin'
            or r.name = 'operator' and p.key in (
                'users.read', 'sites.write', 'charge_points.write', 'charge_point_keys.write',
                'onboarding.write', 'id_tokens.write', 'sessions.write', 'messages.read',
                'commands.write', 'configuration.write', 'firmware.write', 'tariffs.write',
                'transactions.write', 'exports.write', 'billing.read', 'customers.write',
                'notifications.write', 'jobs.write'
            )
            or r.name = 'accountant' and p.key in (
                'users.read', 'billing.read', 'customers.write', 'billing.write',
                'payments.write', 'transactions.write', 'exports.write'
            )
            or r.name = 'support' and p.key in ('users.read', 'messages.read', 'billing.read')
    where r.tenant_id = p_tenant_id and r.is_built_in
    on conflict (tenant_id, role_id, permission) do nothing;
end;
$$;
revoke all on function access.create_built_in_roles(bigint) from public;
comment on function access.create_built_in_roles(bigint) is
    'Give a tenant the roles that every tenant has.';
