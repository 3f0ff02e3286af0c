-- Switch a member of a tenant off: their tokens and API keys there are refused from now on.
--
-- Writes:  core.memberships (row locked), core.login_sessions.
-- Errors:  PT403 permission_missing, role_beyond_own; PT404 user_unknown, tenant_unknown;
--          PT409 last_admin, last_platform_admin.
-- Definer: nobody may write memberships.
create or replace function api.deactivate_user(user_id uuid, tenant_id bigint default null)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_member constant core.memberships := access.lock_member(
        access.get_target_tenant(deactivate_user.tenant_id), deactivate_user.user_id
    );
begin
    update core.memberships as m
    set is_active = false
    where m.tenant_id = v_member.tenant_id and m.user_id = v_member.user_id and m.is_active;
    perform access.revoke_sign_ins(v_member.user_id, 'user_deactivated', v_member.tenant_id);
end;
$$;
revoke all on function api.deactivate_user(uuid, bigint) from public;
grant execute on function api.deactivate_user(uuid, bigint) to staff, platform;
comment on function api.deactivate_user(uuid, bigint) is
    E'Switch a member of your tenant off.\n'
    'Needs users.write. Their tokens and API keys are refused from now on.';
