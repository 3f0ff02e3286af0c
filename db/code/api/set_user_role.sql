-- Give a member another role. It takes effect at their next request.
--
-- A password that was chosen for the address before it was verified is discarded.
-- Writes:  core.memberships (row locked), core.credentials, core.one_time_tokens, core.users.
-- Errors:  PT403 permission_missing, role_beyond_own; PT404 user_unknown, role_unknown,
--          tenant_unknown; PT409 last_admin, last_platform_admin.
-- Definer: nobody may write memberships.
create or replace function api.set_user_role(
    user_id uuid, role text, tenant_id bigint default null
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_member constant core.memberships := access.lock_member(
        access.get_target_tenant(set_user_role.tenant_id), set_user_role.user_id
    );
    v_role constant core.roles := access.get_role(v_member.tenant_id, set_user_role.role);
begin
    perform access.discard_unverified(v_member.user_id);
    update core.memberships as m
    set role_id = v_role.id
    where
        m.tenant_id = v_member.tenant_id
        and m.user_id = v_member.user_id
        and m.role_id <> v_role.id;
end;
$$;
revoke all on function api.set_user_role(uuid, text, bigint) from public;
grant execute on function api.set_user_role(uuid, text, bigint) to staff, platform;
comment on function api.set_user_role(uuid, text, bigint) is
    E'Give a member of your tenant another role.\n'
    'Needs users.write and every permission of both roles. A tenant keeps an active admin.';
