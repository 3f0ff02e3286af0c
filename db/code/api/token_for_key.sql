-- Exchange an API key for an access token.
--
-- All tokens of a key share one sign-in, so that they cost no rows and end with the key.
-- Writes:  core.login_sessions, core.api_keys (row locked).
-- Errors:  PT401 api_key_invalid, for an unknown, revoked or expired one alike; user_inactive.
-- Definer: anonymous may read and write nothing.
create or replace function api.token_for_key(key text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key core.api_keys;
    v_login_session_id uuid;
    v_until timestamptz;
    v_tokens json;
begin
    select k.*
    into v_key
    from core.api_keys as k
    where
        k.key_hash = access.hash_token(token_for_key.key)
        and k.revoked_at is null
        and coalesce(k.expires_at > now(), true)
    for update;
    if not found then
        raise exception using
            errcode = 'PT401',
            message = 'this api key is unknown, revoked or expired',
            detail = '{"error":"api_key_invalid"}',
            hint = 'Make a new key with create_api_key.';
    end if;

    v_until := least(
        now() + make_interval(
            mins => access.get_setting('access.access_token_minutes')::integer
        ),
        v_key.expires_at
    );
    update core.login_sessions as ls
    set expires_at = greatest(ls.expires_at, v_until), last_used_at = now()
    where
        ls.tenant_id = v_key.tenant_id
        and ls.api_key_id = v_key.id
        and ls.user_id = v_key.user_id
        and ls.revoked_at is null
    returning ls.id into v_login_session_id;
    if v_login_session_id is null then
        insert into core.login_sessions as ls (tenant_id, user_id, api_key_id, expires_at)
        values (v_key.tenant_id, v_key.user_id, v_key.id, v_until)
        returning ls.id into v_login_session_id;
    end if;
    update core.api_keys as k
    set last_used_at = now()
    where k.tenant_id = v_key.tenant_id and k.id = v_key.id;

    v_tokens := access.create_sign_in_tokens(v_login_session_id);
    if v_tokens is null then
        raise exception using
            errcode = 'PT401',
            message = 'this account is switched off here',
            detail = '{"error":"user_inactive"}',
            hint = 'Ask an administrator of the tenant.';
    end if;
    return v_tokens;
end;
$$;
revoke all on function api.token_for_key(text) from public;
grant execute on function api.token_for_key(text) to anon, staff, customer, platform;
comment on function api.token_for_key(text) is
    E'Exchange an API key for an access token.\n'
    'Returns access_token, token_type, expires_at, tenant and role; there is no refresh token: '
    'exchange the key again.';
