-- Refuse a site in a country or time zone that does not exist; one without a zone takes its
-- tenant's.
--
-- Called by: trigger sites__check, before insert or update of country_code or time_zone, for each
--            row.
-- Errors:    PT400 country_code_invalid, time_zone_invalid.
-- Definer:   people hold no right on schema fleet.
create or replace function fleet.tg_sites__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not fleet.is_country_code(new.country_code) then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not the code of a country', left(new.country_code, 20)),
            detail = '{"error":"country_code_invalid"}',
            hint = 'Use the two capital letters of ISO 3166-1, such as DE.';
    end if;
    if tg_op = 'INSERT' then
        new.time_zone := coalesce(
            new.time_zone, (select t.time_zone from core.tenants as t where t.id = new.tenant_id)
        );
    end if;
    -- The list of zones is read from files, so not for every change of a site.
    if
        new.time_zone is not null
        and (tg_op = 'INSERT' or new.time_zone is distinct from old.time_zone)
    then
        perform access.check_time_zone(new.time_zone);
    end if;
    return new;
end;
$$;
revoke all on function fleet.tg_sites__check() from public;
comment on function fleet.tg_sites__check() is
    'Trigger: refuse a country or time zone that does not exist.';
