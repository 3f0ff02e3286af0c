-- Change the own password; all other sign-ins end.
--
-- A wrong old password counts as a failed sign-in does, but apart from those: strangers who fail
-- with the address do not keep its owner from here. It is answered, not raised, for the count's
-- sake.
-- Writes:  core.credentials, core.login_sessions, core.one_time_tokens, ops.login_attempts.
-- Errors:  PT400 of access.check_password; PT403 wrong_password, person_required;
--          PT429 too_many_attempts.
-- Definer: nobody may read or write credentials.
create or replace function api.change_password(old_password text, new_password text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sid constant uuid := access.require_person();
    v_user_id constant uuid := claims.user_id();
    v_email text;
    v_try record;
begin
    select u.email into v_email from core.users as u where u.id = v_user_id;
    perform access.check_password(new_password, v_email);

    select t.user_id, t.wait_s
    into v_try
    from access.try_password(v_email, coalesce(old_password, ''), v_user_id) as t;
    if v_try.wait_s is not null then
        return access.refuse_attempt(v_try.wait_s);
    end if;
    if v_try.user_id is distinct from v_user_id then
        return access.refuse_request(
            403,
            'the old password is wrong',
            '{"error":"wrong_password"}',
            'Without the old password, ask for a password reset.'
        );
    end if;

    perform access.set_password(v_user_id, new_password, v_sid);
    return '{"changed": true}';
end;
$$;
revoke all on function api.change_password(text, text) from public;
grant execute on function api.change_password(text, text) to staff, customer, platform;
comment on function api.change_password(text, text) is
    E'Change your password.\nAll your other sign-ins end. A password has 10 to 72 bytes.';
