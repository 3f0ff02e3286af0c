-- Check who is asking, before each request (PostgREST's db-pre-request).
--
-- PostgREST has checked the signature; what the token means is checked here: expiry, audience,
-- issuer, revocation, an active person. Then the request acts as the audience that the person's
-- role has at this moment, whatever the token said, with claims in our own form.
-- Invoker: SET ROLE is refused inside a definer function.
-- Errors:  those of claims.resolve_request.
create or replace function claims.check_request()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
    v_checked jsonb;
    v_timeout text;
begin
    if
        v_claims is null
        -- PostgREST's own claims of a request without a token, or Supabase's public key.
        or v_claims ->> 'role' = 'anon'
        and not v_claims ? 'sub'
        and v_claims ->> 'iss' is distinct from 'voltaro'
    then
        v_checked := '{"role": "anon"}';
    else
        v_checked := claims.resolve_request(v_claims);
    end if;

    if v_checked is distinct from v_claims then
        perform set_config('request.jwt.claims', v_checked::text, true);
    end if;
    if v_checked ->> 'role' <> current_user then
        -- PostgREST applied the limits of the role that the token named.
        select substr(c.setting, 19)
        into v_timeout
        from pg_catalog.pg_roles as r
        cross join lateral unnest(r.rolconfig) as c (setting)
        where r.rolname = v_checked ->> 'role' and c.setting like 'statement_timeout=%';
        perform
            set_config('statement_timeout', coalesce(v_timeout, '0'), true),
            set_config('role', v_checked ->> 'role', true);
    end if;
end;
$$;
revoke all on function claims.check_request() from public;
grant execute on function claims.check_request()
to anon, authenticated, staff, customer, platform;
comment on function claims.check_request() is
    'Check expiry, audience, issuer, revocation and the person of a token, before each request.';
