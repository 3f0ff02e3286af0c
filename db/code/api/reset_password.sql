-- Set a new password with the token from the e-mail; all sign-ins end.
--
-- Whoever has the token can read the mailbox: the address is verified too, and failed attempts
-- are forgotten.
-- Writes:  core.one_time_tokens, core.credentials, core.users, core.login_sessions,
--          ops.login_attempts.
-- Errors:  PT400 one_time_token_invalid and those of access.check_password, which leave the token
--          unused.
-- Definer: anonymous may read and write nothing.
create or replace function api.reset_password(token text, new_password text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_token constant core.one_time_tokens := access.use_token(
        reset_password.token, 'password_reset'
    );
    v_email text;
begin
    update core.users as u
    set email_verified_at = coalesce(u.email_verified_at, now()), is_provisional = false
    where u.id = v_token.user_id
    returning u.email into v_email;
    perform access.check_password(new_password, v_email);
    perform access.set_password(v_token.user_id, new_password);
    delete from ops.login_attempts as la
    where la.subject_hash = access.hash_token('login ' || lower(v_email));
end;
$$;
revoke all on function api.reset_password(text, text) from public;
grant execute on function api.reset_password(text, text) to anon, staff, customer, platform;
comment on function api.reset_password(text, text) is
    E'Set a new password with the token from the e-mail.\nAll sign-ins of the person end.';
