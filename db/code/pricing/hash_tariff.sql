-- SHA-256 of a tariff document, in hexadecimal digits: jsonb has one text for one value.
--
-- Called by: api.put_tariff.
create or replace function pricing.hash_tariff(p_document jsonb)
returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return encode(sha256(convert_to(p_document::text, 'UTF8')), 'hex');
end;
$$;
revoke all on function pricing.hash_tariff(jsonb) from public;
comment on function pricing.hash_tariff(jsonb) is
    'SHA-256 of a tariff document, in hexadecimal digits.';
