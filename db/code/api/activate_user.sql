-- Switch a member of a tenant on again.
--
-- Writes:  core.memberships (row locked).
-- Errors:  PT403 permission_missing, role_beyond_own; PT404 user_unknown, tenant_unknown.
-- Definer: nobody may write memberships.
create or replace function api.activate_user(user_id uuid, tenant_id bigint default null)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_member constant core.memberships := access.lock_member(
        access.get_target_tenant(activate_user.tenant_id), activate_user.user_id
    );
begin
    update core.memberships as m
    set is_active = true
    where m.tenant_id = v_member.tenant_id and m.user_id = v_member.user_id and not m.is_active;
end;
$$;
revoke all on function api.activate_user(uuid, bigint) from public;
grant execute on function api.activate_user(uuid, bigint) to staff, platform;
comment on function api.activate_user(uuid, bigint) is
    E'Switch a member of your tenant on again.\nNeeds users.write.';
