-- Refuse what the person who is asking may not do in their tenant.
--
-- Called by: api functions that act as the owner.
-- Errors:    PT403 permission_missing.
create or replace function access.require_permission(p_permission text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not claims.has_permission(p_permission) then
        raise exception using
            errcode = 'PT403',
            message = format('your role lacks the permission %s', p_permission),
            detail = '{"error":"permission_missing"}',
            hint = 'An administrator of your tenant can give it to your role.';
    end if;
end;
$$;
revoke all on function access.require_permission(text) from public;
comment on function access.require_permission(text) is
    'Refuse with 403 when the person of the JWT lacks a permission.';

-- Say so when somebody of a tenant writes to a table without the permission for it.
--
-- The restrictive policies beside this trigger are what protects the rows: they let an update or
-- delete find nothing, which a client could not tell from success.
-- Called by: triggers <table>__require_permission, before insert, update or delete, for each
--            statement; the argument is the permission.
-- Errors:    PT403 permission_missing.
create or replace function access.tg_require_permission()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Functions that act as the owner check for themselves. Staff have no right on this schema,
    -- so the sentence stands here once more.
    if current_user = 'staff' and not claims.has_permission(tg_argv[0]) then
        raise exception using
            errcode = 'PT403',
            message = format('your role lacks the permission %s', tg_argv[0]),
            detail = '{"error":"permission_missing"}',
            hint = 'An administrator of your tenant can give it to your role.';
    end if;
    return null;
end;
$$;
revoke all on function access.tg_require_permission() from public;
comment on function access.tg_require_permission() is
    'Trigger: refuse with 403 when somebody of a tenant lacks the permission to write.';
