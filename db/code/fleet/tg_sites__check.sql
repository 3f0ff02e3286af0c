-- Refuse a site in a country that does not exist.
--
-- Called by: trigger sites__check, before insert or update of country_code, for each row.
-- Errors:    PT400 country_code_invalid.
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
    return new;
end;
$$;
revoke all on function fleet.tg_sites__check() from public;
comment on function fleet.tg_sites__check() is 'Trigger: refuse a country that does not exist.';
