-- End the sign-in of the access token that asks.
--
-- A token of an outside issuer has no sign-in with us: that token is refused from now on.
-- Writes:  core.login_sessions, core.revoked_tokens.
-- Definer: people may write neither.
create or replace function api.logout()
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
begin
    if claims.user_id() is null then
        return;
    end if;
    if v_claims ? 'sid' then
        update core.login_sessions as ls
        set revoked_at = now(), revoke_reason = 'logout'
        where
            ls.id = (v_claims ->> 'sid')::uuid
            and ls.user_id = claims.user_id()
            and ls.revoked_at is null;
    else
        insert into core.revoked_tokens (jti, expires_at)
        values (
            (v_claims ->> 'jti')::uuid,
            to_timestamp(least((v_claims ->> 'exp')::numeric, 253402300799)::double precision)
        )
        on conflict (jti) do nothing;
    end if;
end;
$$;
revoke all on function api.logout() from public;
grant execute on function api.logout() to staff, customer, platform;
comment on function api.logout() is
    E'End the sign-in of the access token that asks.\n'
    'All its access and refresh tokens are refused from now on.';
