-- The person who is asking: the subject of the JWT; null for every login but authenticator.
--
-- The signature is frozen: policies use it.
create or replace function claims.user_id()
returns uuid
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if session_user = 'authenticator' then
        return (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
    end if;
    return null;
end;
$$;
revoke all on function claims.user_id() from public;
grant execute on function claims.user_id() to anon, staff, customer, platform, analyst;
comment on function claims.user_id() is 'The person of the JWT; null for a database login.';
