-- Read a setting of the installation: a number comes as `get_setting('x')::integer`.
--
-- Called by: definer functions of every schema.
-- Errors:    55000 when there is no such setting.
create or replace function access.get_setting(p_name text)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_value jsonb;
begin
    select s.value into v_value from ops.settings as s where s.name = p_name;
    if not found then
        raise exception using
            errcode = '55000',
            message = format('there is no setting %s', p_name);
    end if;
    return v_value;
end;
$$;
revoke all on function access.get_setting(text) from public;
comment on function access.get_setting(text) is 'Read a setting of the installation.';
