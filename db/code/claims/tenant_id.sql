-- The tenant that is asking.
--
-- Through PostgREST (login authenticator) the JWT names it. Any other login could set the
-- claims by hand, so its tenant stands in a table by login; most logins have none.
-- Definer: the logins' table is the owner's alone. The signature is frozen: policies use it.
create or replace function claims.tenant_id()
returns bigint
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if session_user = 'authenticator' then
        return (
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id'
        )::bigint;
    end if;
    return (select a.tenant_id from core.analysts as a where a.login = session_user);
end;
$$;
revoke all on function claims.tenant_id() from public;
grant execute on function claims.tenant_id() to anon, staff, customer, platform, analyst;
comment on function claims.tenant_id() is
    'The tenant of the JWT; for a database login the tenant registered for that login.';
