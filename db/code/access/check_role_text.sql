-- Refuse a role's name or description that does not fit; null is fine.
--
-- Errors: PT400 role_name_invalid, description_too_long.
create or replace function access.check_role_text(p_name text, p_description text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_name !~ '^[a-z][a-z0-9_]{0,62}$' then
        raise exception using
            errcode = 'PT400',
            message = 'this is no name for a role',
            detail = '{"error":"role_name_invalid"}',
            hint = 'Take small letters, digits and _, a letter first, at most 63.';
    end if;
    if length(p_description) > 500 then
        raise exception using
            errcode = 'PT400',
            message = 'the description is too long',
            detail = '{"error":"description_too_long"}',
            hint = 'Take at most 500 characters.';
    end if;
end;
$$;
revoke all on function access.check_role_text(text, text) from public;
comment on function access.check_role_text(text, text) is
    'Refuse a role''s name or description that does not fit.';
