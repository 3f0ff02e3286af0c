-- Delete a role that the tenant defined and nobody has.
--
-- Writes:  core.roles, core.role_permissions.
-- Errors:  PT403 permission_missing, role_beyond_own; PT404 role_unknown; PT409 role_built_in;
--          23503 when somebody has the role.
-- Definer: nobody may write roles.
create or replace function api.delete_role(id bigint)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant core.roles := access.lock_role(delete_role.id);
begin
    delete from core.roles as r where r.tenant_id = v_role.tenant_id and r.id = v_role.id;
end;
$$;
revoke all on function api.delete_role(bigint) from public;
grant execute on function api.delete_role(bigint) to staff, platform;
comment on function api.delete_role(bigint) is
    E'Delete a role that your tenant defined and nobody has.\nNeeds roles.write.';
