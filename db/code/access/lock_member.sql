-- Find and lock a member of a tenant whom the person who asks may manage.
--
-- Nobody manages somebody whose role may do more than their own.
-- Locks:  core.memberships (row).
-- Errors: PT403 permission_missing, role_beyond_own; PT404 user_unknown, also for members of
--         other tenants.
create or replace function access.lock_member(p_tenant_id bigint, p_user_id uuid)
returns core.memberships
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_member core.memberships;
begin
    perform access.require_permission('users.write');
    select m.*
    into v_member
    from core.memberships as m
    where m.tenant_id = p_tenant_id and m.user_id = p_user_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'the tenant has no such person',
            detail = '{"error":"user_unknown"}',
            hint = 'The relation users lists them.';
    end if;
    perform access.get_role(p_tenant_id, r.name)
    from core.roles as r
    where r.tenant_id = p_tenant_id and r.id = v_member.role_id;
    return v_member;
end;
$$;
revoke all on function access.lock_member(bigint, uuid) from public;
comment on function access.lock_member(bigint, uuid) is
    'Find and lock a member of a tenant whom the person who asks may manage.';
