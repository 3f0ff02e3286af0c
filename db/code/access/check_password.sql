-- Refuse a password that may not be chosen: 10 to 72 bytes (bcrypt reads no more), not the e-mail.
--
-- Errors: PT400 password_too_short, password_too_long, password_is_email.
create or replace function access.check_password(p_password text, p_email text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(octet_length(p_password), 0) < 10 then
        raise exception using
            errcode = 'PT400',
            message = 'the password is too short',
            detail = '{"error":"password_too_short"}',
            hint = 'Take at least 10 characters.';
    end if;
    if octet_length(p_password) > 72 then
        raise exception using
            errcode = 'PT400',
            message = 'the password is too long',
            detail = '{"error":"password_too_long"}',
            hint = 'Take at most 72 bytes: letters outside ASCII count for two or more.';
    end if;
    if lower(btrim(p_password)) = lower(p_email) then
        raise exception using
            errcode = 'PT400',
            message = 'the password is the e-mail address',
            detail = '{"error":"password_is_email"}',
            hint = 'Take something that nobody can guess.';
    end if;
end;
$$;
revoke all on function access.check_password(text, text) from public;
comment on function access.check_password(text, text) is
    'Refuse a password that may not be chosen.';
