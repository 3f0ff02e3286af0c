-- Verify an e-mail address with the token from the e-mail.
--
-- The password chosen at the sign-up that sent this very token becomes valid, no other.
-- Writes:  core.one_time_tokens, core.users, core.credentials.
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
    v_token constant core.one_time_tokens := access.use_token(
        verify_email.token, 'email_verification'
    );
begin
    update core.users as u
    set email_verified_at = coalesce(u.email_verified_at, now()), is_provisional = false
    where u.id = v_token.user_id;
    insert into core.credentials (user_id, password_hash)
    select v_token.user_id, v_token.password_hash
    where v_token.password_hash is not null
    on conflict (user_id) do nothing;
end;
$$;
revoke all on function api.verify_email(text) from public;
grant execute on function api.verify_email(text) to anon, staff, customer, platform;
comment on function api.verify_email(text) is
    'Verify an e-mail address with the token from the e-mail.';
