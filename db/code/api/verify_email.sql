-- Verify an e-mail address with the token from the e-mail.
--
-- Writes:  core.one_time_tokens, core.users.
-- Errors:  PT400 one_time_token_invalid.
-- Definer: anonymous may read and write nothing.
create or replace function api.verify_email(token text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_user_id constant uuid := access.use_token(verify_email.token, 'email_verification');
begin
    update core.users as u
    set email_verified_at = now()
    where u.id = v_user_id and u.email_verified_at is null;
end;
$$;
revoke all on function api.verify_email(text) from public;
grant execute on function api.verify_email(text) to anon, staff, customer, platform;
comment on function api.verify_email(text) is
    'Verify an e-mail address with the token from the e-mail.';
