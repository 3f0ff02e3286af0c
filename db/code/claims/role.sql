-- The audience that is asking: anon, staff, customer or platform; null for a database login.
--
-- The signature is frozen: policies use it.
create or replace function claims.role()
returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if session_user = 'authenticator' then
        return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role';
    end if;
    return null;
end;
$$;
revoke all on function claims.role() from public;
grant execute on function claims.role() to anon, staff, customer, platform, analyst;
comment on function claims.role() is
    'The audience of the JWT (anon, staff, customer, platform); null for a database login.';
