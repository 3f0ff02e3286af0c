-- Bring an e-mail address into the form that is stored: trimmed and in lower case.
--
-- Errors: PT400 email_invalid.
create or replace function access.clean_email(p_email text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_email constant text := lower(btrim(p_email));
begin
    if
        v_email is null
        or length(v_email) not between 3 and 254
        or v_email !~ '^[^@\s[:cntrl:]]+@[^@\s[:cntrl:]]+$'
    then
        raise exception using
            errcode = 'PT400',
            message = 'this is no e-mail address',
            detail = '{"error":"email_invalid"}',
            hint = 'An e-mail address looks like name@example.org.';
    end if;
    return v_email;
end;
$$;
revoke all on function access.clean_email(text) from public;
comment on function access.clean_email(text) is
    'Bring an e-mail address into the form that is stored.';
