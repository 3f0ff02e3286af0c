-- Change a role that the tenant defined; what is left out stays. It takes effect at once.
--
-- Writes:  core.roles (row locked), core.role_permissions.
-- Errors:  PT400 role_name_invalid, description_too_long, permission_unknown,
--          permissions_of_customer; PT403 permission_missing, role_beyond_own;
--          PT404 role_unknown; PT409 role_built_in; 23505 when the name is taken.
-- Definer: nobody may write roles.
create or replace function api.update_role(
    id bigint,
    name text default null,
    permissions text[] default null,
    description text default null
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant core.roles := access.lock_role(update_role.id);
begin
    perform access.check_role_text(update_role.name, update_role.description);
    perform access.check_permissions(update_role.permissions);
    perform access.require_role_within(v_role.audience, update_role.permissions);
    update core.roles as r
    set
        name = coalesce(update_role.name, r.name),
        description = coalesce(update_role.description, r.description)
    where r.tenant_id = v_role.tenant_id and r.id = v_role.id;
    if update_role.permissions is not null then
        perform access.set_role_permissions(v_role, update_role.permissions);
    end if;
end;
$$;
revoke all on function api.update_role(bigint, text, text[], text) from public;
grant execute on function api.update_role(bigint, text, text[], text) to staff, platform;
comment on function api.update_role(bigint, text, text[], text) is
    E'Change a role that your tenant defined; what is left out stays.\n'
    'Needs roles.write and every permission of the role, before and after.';
