-- Exchange a refresh token for new tokens.
--
-- Each refresh token is good for once. One that comes again was stolen, from the client or by it:
-- the whole sign-in ends. That is answered, not raised: a raise would undo the revocation.
-- Only a client that lost the answer may ask again, within access.refresh_grace_s and before
-- anybody used what it got; that counts as used then, so that a thief's copy is found out.
-- Writes:  core.refresh_tokens (row locked), core.login_sessions.
-- Errors:  PT401 refresh_token_invalid, refresh_token_expired, refresh_token_reused,
--          token_revoked, user_inactive.
-- Definer: anonymous may read and write nothing.
create or replace function api.refresh(refresh_token text default null)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_token core.refresh_tokens;
    v_tokens json;
    v_is_repeated boolean := false;
begin
    select rt.*
    into v_token
    from core.refresh_tokens as rt
    where rt.token_hash = access.hash_token(refresh.refresh_token)
    for update;
    if not found then
        raise exception using
            errcode = 'PT401',
            message = 'this is no refresh token',
            detail = '{"error":"refresh_token_invalid"}',
            hint = 'Sign in again.';
    end if;

    if
        v_token.used_at > now() - make_interval(
            secs => access.get_setting('access.refresh_grace_s')::double precision
        )
    then
        update core.refresh_tokens as rt
        set used_at = now()
        where
            rt.login_session_id = v_token.login_session_id
            and rt.replaces_hash = v_token.token_hash
            and rt.used_at is null;
        v_is_repeated := found;
    end if;

    if v_token.used_at is not null and not v_is_repeated then
        update core.login_sessions as ls
        set revoked_at = now(), revoke_reason = 'refresh_token_reused'
        where ls.id = v_token.login_session_id and ls.revoked_at is null;
        return access.refuse_request(
            401,
            'this refresh token was used before, so its sign-in has been ended',
            '{"error":"refresh_token_reused"}',
            'Sign in again.'
        );
    end if;
    if v_token.expires_at <= now() then
        raise exception using
            errcode = 'PT401',
            message = 'the refresh token has expired',
            detail = '{"error":"refresh_token_expired"}',
            hint = 'Sign in again.';
    end if;
    if exists (
        select
        from core.login_sessions as ls
        where ls.id = v_token.login_session_id and ls.revoked_at is not null
    ) then
        raise exception using
            errcode = 'PT401',
            message = 'the sign-in of this refresh token has ended',
            detail = '{"error":"token_revoked"}',
            hint = 'Sign in again.';
    end if;

    update core.refresh_tokens as rt
    set used_at = coalesce(rt.used_at, now())
    where rt.token_hash = v_token.token_hash;
    v_tokens := access.create_sign_in_tokens(v_token.login_session_id);
    if v_tokens is null then
        raise exception using
            errcode = 'PT401',
            message = 'this account is switched off here',
            detail = '{"error":"user_inactive"}',
            hint = 'Ask an administrator of the tenant.';
    end if;
    update core.refresh_tokens as rt
    set replaces_hash = v_token.token_hash
    where rt.token_hash = access.hash_token(v_tokens ->> 'refresh_token');
    return v_tokens;
end;
$$;
revoke all on function api.refresh(text) from public;
grant execute on function api.refresh(text) to anon, staff, customer, platform;
comment on function api.refresh(text) is
    E'Exchange a refresh token for new tokens.\n'
    'Returns what login returns. Each refresh token is good for once: one that is used again ends '
    'the whole sign-in.';
