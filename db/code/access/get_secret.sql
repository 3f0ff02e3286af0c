-- Read a key that functions sign and hash with.
--
-- Called by: definer functions only; nobody but the owner may execute it.
-- Errors:    55000 when `migrate` has not stored it.
create or replace function access.get_secret(p_name text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_value text;
begin
    select s.value into v_value from ops.secrets as s where s.name = p_name;
    if v_value is null then
        raise exception using
            errcode = '55000',
            message = format('secret %s is not stored', p_name),
            hint = 'Run python -m db migrate: it stores the secrets.';
    end if;
    return v_value;
end;
$$;
revoke all on function access.get_secret(text) from public;
comment on function access.get_secret(text) is 'Read a key that functions sign and hash with.';
