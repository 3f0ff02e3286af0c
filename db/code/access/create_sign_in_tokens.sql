-- Make the tokens of a sign-in: an access token and, unless an API key signed in, a refresh token.
--
-- Returns {access_token, refresh_token, token_type, expires_at, tenant, role}; expires_at is the
-- access token's. Null when the person, the membership or the tenant is switched off.
-- Called by: api.login, api.refresh, api.switch_tenant, api.token_for_key, access.issue_token.
-- Writes:    core.refresh_tokens, core.login_sessions.
create or replace function access.create_sign_in_tokens(p_login_session_id uuid)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_person record;
    v_refresh_token text;
    v_refresh_until constant timestamptz := now() + make_interval(
        days => access.get_setting('access.refresh_token_days')::integer
    );
    v_access_until timestamptz := date_trunc('second', now()) + make_interval(
        mins => access.get_setting('access.access_token_minutes')::integer
    );
    v_access_token text;
begin
    select ls.tenant_id, ls.user_id, ls.api_key_id, ls.expires_at, r.audience, r.name, t.slug
    into v_person
    from core.login_sessions as ls
    inner join core.memberships as m on m.tenant_id = ls.tenant_id and m.user_id = ls.user_id
    inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    where ls.id = p_login_session_id and m.is_active and u.is_active and t.is_active;
    if not found then
        return null;
    end if;

    if v_person.api_key_id is null then
        v_refresh_token := access.create_token();
        insert into core.refresh_tokens (token_hash, login_session_id, expires_at)
        values (access.hash_token(v_refresh_token), p_login_session_id, v_refresh_until);
        update core.login_sessions as ls
        set expires_at = v_refresh_until, last_used_at = now()
        where ls.id = p_login_session_id;
    else
        v_access_until := least(v_access_until, v_person.expires_at);
    end if;

    v_access_token := access.sign_jwt(
        jsonb_build_object(
            'role', v_person.audience,
            'sub', v_person.user_id,
            'tenant_id', v_person.tenant_id,
            'sid', p_login_session_id,
            'jti', gen_random_uuid(),
            'iss', 'voltaro',
            'aud', 'voltaro-api',
            'iat', floor(extract(epoch from now())),
            'exp', floor(extract(epoch from v_access_until))
        )
    );
    return json_strip_nulls(
        json_build_object(
            'access_token', v_access_token,
            'refresh_token', v_refresh_token,
            'token_type', 'bearer',
            'expires_at',
            to_char(v_access_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'tenant', v_person.slug,
            'role', v_person.name
        )
    );
end;
$$;
revoke all on function access.create_sign_in_tokens(uuid) from public;
comment on function access.create_sign_in_tokens(uuid) is 'Make the tokens of a sign-in.';
