-- Sign in with e-mail and password.
--
-- Wrong credentials are answered, not raised: a raise would undo the count of failures.
-- Writes:  core.login_sessions, core.refresh_tokens, ops.login_attempts.
-- Errors:  PT400 credentials_missing; PT401 invalid_credentials, user_inactive;
--          PT403 email_unverified; PT429 too_many_attempts.
-- Definer: anonymous may read and write nothing.
create or replace function api.login(email text default null, password text default null)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_try record;
begin
    if login.email is null or login.password is null then
        raise exception using
            errcode = 'PT400',
            message = 'e-mail and password are needed',
            detail = '{"error":"credentials_missing"}',
            hint = 'Send {"email": "...", "password": "..."}.';
    end if;

    select t.user_id, t.wait_s
    into v_try
    from access.try_password(login.email, login.password) as t;
    if v_try.wait_s is not null then
        return access.refuse_attempt(v_try.wait_s);
    end if;
    if v_try.user_id is null then
        return access.refuse_request(
            401,
            'e-mail or password is wrong',
            '{"error":"invalid_credentials"}',
            'Check both, follow the link after a sign-up, or ask for a password reset.'
        );
    end if;

    if exists (
        select from core.users as u where u.id = v_try.user_id and u.email_verified_at is null
    ) then
        raise exception using
            errcode = 'PT403',
            message = 'the e-mail address is not verified yet',
            detail = '{"error":"email_unverified"}',
            hint = 'Follow the link in the e-mail, or ask for a password reset.';
    end if;
    return access.open_sign_in(v_try.user_id);
end;
$$;
revoke all on function api.login(text, text) from public;
grant execute on function api.login(text, text) to anon, staff, customer, platform;
comment on function api.login(text, text) is
    E'Sign in with e-mail and password.\n'
    'Returns access_token (a JWT for the header Authorization: Bearer), refresh_token, '
    'expires_at of the access token, and the tenant and role it acts in.';
