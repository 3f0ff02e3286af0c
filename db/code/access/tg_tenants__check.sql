-- Refuse a tenant in a time zone that does not exist.
--
-- Called by: trigger tenants__check, before insert or update of time_zone, for each row.
-- Errors:    PT400 time_zone_invalid.
-- Definer:   people hold no right on schema access.
create or replace function access.tg_tenants__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.time_zone is not null then
        perform access.check_time_zone(new.time_zone);
    end if;
    return new;
end;
$$;
revoke all on function access.tg_tenants__check() from public;
comment on function access.tg_tenants__check() is
    'Trigger: refuse a time zone that does not exist.';
