-- Refuse permissions that do not exist.
--
-- Called by: api.create_role, api.update_role.
-- Errors:    PT400 permission_unknown.
create or replace function access.check_permissions(p_permissions text[])
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unknown text;
begin
    select coalesce(p.key, 'null')
    into v_unknown
    from unnest(p_permissions) as p (key)
    where not exists (select from core.permissions as known where known.key = p.key)
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            message = format('there is no permission %s', left(v_unknown, 100)),
            detail = '{"error":"permission_unknown"}',
            hint = 'The relation permissions lists them.';
    end if;
end;
$$;
revoke all on function access.check_permissions(text[]) from public;
comment on function access.check_permissions(text[]) is
    'Refuse permissions that do not exist.';
