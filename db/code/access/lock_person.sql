-- Lock the membership of a person of a tenant, so that nothing else is decided about them.
--
-- Called by: api.export_person, api.erase_person.
-- Errors:    PT404 user_unknown, also for people of other tenants.
create or replace function access.lock_person(p_tenant_id bigint, p_user_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
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
end;
$$;
revoke all on function access.lock_person(bigint, uuid) from public;
comment on function access.lock_person(bigint, uuid) is
    'Lock the membership of a person of a tenant.';
