-- Refuse a country that does not exist.
--
-- Called by: billing.tg_legal_entities__prepare, billing.tg_customer_addresses__check.
-- Errors:    PT400 country_code_invalid.
create or replace function billing.check_country_code(p_country_code text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_country_code is not null and not fleet.is_country_code(p_country_code) then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not the code of a country', left(p_country_code, 20)),
            detail = '{"error":"country_code_invalid"}',
            hint = 'Use the two capital letters of ISO 3166-1, such as DE.';
    end if;
end;
$$;
revoke all on function billing.check_country_code(text) from public;
comment on function billing.check_country_code(text) is 'Refuse a country that does not exist.';
