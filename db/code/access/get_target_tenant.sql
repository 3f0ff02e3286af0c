-- Which tenant a function acts in: the caller's, or for the platform the one named.
--
-- Errors: PT404 tenant_unknown, also for a tenant of others.
create or replace function access.get_target_tenant(p_tenant_id bigint)
returns bigint
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id bigint;
begin
    select t.id
    into v_tenant_id
    from core.tenants as t
    where
        t.id = coalesce(p_tenant_id, claims.tenant_id())
        and (t.id = claims.tenant_id() or claims.role() = 'platform');
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such tenant',
            detail = '{"error":"tenant_unknown"}',
            hint = 'Leave tenant_id out to mean your own tenant.';
    end if;
    return v_tenant_id;
end;
$$;
revoke all on function access.get_target_tenant(bigint) from public;
comment on function access.get_target_tenant(bigint) is
    'Which tenant a function acts in: the caller''s, or for the platform the one named.';
