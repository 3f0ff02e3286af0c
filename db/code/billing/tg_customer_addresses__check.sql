-- Refuse an address in a country that does not exist.
--
-- Called by: trigger customer_addresses__check, before insert or update of country_code, for each
--            row.
-- Errors:    PT400 country_code_invalid.
-- Definer:   people hold no right on schema billing.
create or replace function billing.tg_customer_addresses__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform billing.check_country_code(new.country_code);
    return new;
end;
$$;
revoke all on function billing.tg_customer_addresses__check() from public;
comment on function billing.tg_customer_addresses__check() is
    'Trigger: refuse an address in a country that does not exist.';
