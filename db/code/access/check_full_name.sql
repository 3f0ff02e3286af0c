-- Refuse a name that is too long or holds control characters; an empty one is fine.
--
-- Errors: PT400 full_name_invalid.
create or replace function access.check_full_name(p_full_name text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if length(p_full_name) > 200 or p_full_name ~ '[[:cntrl:]]' then
        raise exception using
            errcode = 'PT400',
            message = 'the name is too long or holds control characters',
            detail = '{"error":"full_name_invalid"}',
            hint = 'Take at most 200 characters.';
    end if;
end;
$$;
revoke all on function access.check_full_name(text) from public;
comment on function access.check_full_name(text) is
    'Refuse a name that is too long or holds control characters.';
