-- Ask for an e-mail with a token to set a new password.
--
-- The answer is the same whether anybody has that address, and takes as long: for an address that
-- nobody has, as much is written. Three e-mails an hour per person.
-- Writes:  core.one_time_tokens, ops.outbox.
-- Errors:  PT400 email_invalid.
-- Definer: anonymous may read and write nothing.
create or replace function api.request_password_reset(email text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_email constant text := access.clean_email(request_password_reset.email);
begin
    perform access.send_token(
        u.id,
        'password_reset',
        'password_reset',
        make_interval(mins => access.get_setting('access.password_reset_minutes')::integer)
    )
    from core.users as u
    where lower(u.email) = v_email and u.is_active;
    if not found then
        perform access.send_nothing(v_email, 'password_reset');
    end if;
end;
$$;
revoke all on function api.request_password_reset(text) from public;
grant execute on function api.request_password_reset(text) to anon, staff, customer, platform;
comment on function api.request_password_reset(text) is
    E'Ask for an e-mail with a token to set a new password.\n'
    'The answer is the same whether anybody has that address.';
