-- Define a role in a tenant.
--
-- Writes:  core.roles, core.role_permissions.
-- Errors:  PT400 role_name_invalid, description_too_long, audience_invalid, permission_unknown,
--          permissions_of_customer; PT403 permission_missing, role_beyond_own;
--          PT404 tenant_unknown; 23505 when the name is taken.
-- Definer: nobody may write roles.
create or replace function api.create_role(
    name text,
    audience text default 'staff',
    permissions text[] default '{}',
    description text default '',
    tenant_id bigint default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id constant bigint := access.get_target_tenant(create_role.tenant_id);
    v_permissions constant text[] := coalesce(create_role.permissions, '{}');
    v_role core.roles;
begin
    perform access.require_permission('roles.write');
    perform access.check_role_text(coalesce(create_role.name, ''), create_role.description);
    if create_role.audience is null or create_role.audience not in ('staff', 'customer', 'platform')
    then
        raise exception using
            errcode = 'PT400',
            message = 'there is no such audience',
            detail = '{"error":"audience_invalid"}',
            hint = 'Take staff or customer.';
    end if;
    perform access.check_permissions(v_permissions);
    perform access.require_role_within(create_role.audience, v_permissions);

    insert into core.roles as r (tenant_id, name, audience, description)
    values (
        v_tenant_id, create_role.name, create_role.audience, coalesce(create_role.description, '')
    )
    returning r.* into v_role;
    perform access.set_role_permissions(v_role, v_permissions);
    return json_build_object('id', v_role.id, 'name', v_role.name, 'tenant_id', v_tenant_id);
end;
$$;
revoke all on function api.create_role(text, text, text[], text, bigint) from public;
grant execute on function api.create_role(text, text, text[], text, bigint) to staff, platform;
comment on function api.create_role(text, text, text[], text, bigint) is
    E'Define a role in your tenant.\n'
    'Needs roles.write and every permission that the role gets. audience is staff, or customer '
    'for drivers.';
