-- Open a sign-in of a person, in the tenant named or else in the one joined first.
--
-- The first sign-in accepts a membership; without a name the accepted ones come first.
-- Returns what access.create_sign_in_tokens returns.
-- Called by: api.login, api.switch_tenant, access.issue_token.
-- Writes:    core.login_sessions, core.refresh_tokens, core.memberships (accepted_at).
-- Errors:    PT401 user_inactive.
create or replace function access.open_sign_in(p_user_id uuid, p_tenant_id bigint default null)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_login_session_id uuid;
begin
    insert into core.login_sessions (tenant_id, user_id, expires_at)
    select
        m.tenant_id,
        m.user_id,
        now() + make_interval(days => access.get_setting('access.refresh_token_days')::integer)
    from core.memberships as m
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    where
        m.user_id = p_user_id
        and m.tenant_id = coalesce(p_tenant_id, m.tenant_id)
        and m.is_active
        and u.is_active
        and t.is_active
    order by m.accepted_at is null, m.created_at, m.tenant_id
    limit 1
    returning login_sessions.id into v_login_session_id;

    if v_login_session_id is null then
        raise exception using
            errcode = 'PT401',
            message = 'this account is switched off here',
            detail = '{"error":"user_inactive"}',
            hint = 'Ask an administrator of the tenant.';
    end if;
    update core.memberships as m
    set accepted_at = now()
    from core.login_sessions as ls
    where
        ls.id = v_login_session_id
        and m.tenant_id = ls.tenant_id
        and m.user_id = ls.user_id
        and m.accepted_at is null;
    return access.create_sign_in_tokens(v_login_session_id);
end;
$$;
revoke all on function access.open_sign_in(uuid, bigint) from public;
comment on function access.open_sign_in(uuid, bigint) is
    'Open a sign-in of a person, in the tenant named or else in the one joined first.';
