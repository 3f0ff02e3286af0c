-- A new tenant gets its built-in roles.
--
-- Called by: trigger tenants__create_roles, after insert, for each row.
-- Definer:   whoever may create a tenant may not write roles.
create or replace function access.tg_tenants__create_roles()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform access.create_built_in_roles(new.id);
    return null;
end;
$$;
revoke all on function access.tg_tenants__create_roles() from public;
comment on function access.tg_tenants__create_roles() is
    'Trigger: a new tenant gets its built-in roles.';
