-- A legacy DIN SPEC 91286 contract id as an eMI3 one; null for a text that is none.
--
-- Called by: fleet.normalise_contract_id.
-- eMI3 part 2: the instance is C0, the six characters of the DIN instance and the DIN check
-- digit, followed by a new check digit ("NL-TNM-012204-5" is "NL-TNM-C00122045-K"). The DIN
-- check digit has to be there and right: without it eleven characters may be a typing error.
create or replace function fleet.convert_din_contract_id(p_contract_id text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts text[] := regexp_match(
        upper(btrim(p_contract_id)), '^([A-Z]{2})([*-]?)([A-Z0-9]{3})\2([A-Z0-9]{6})\2([0-9X])$'
    );
    v_instance text;
begin
    if not fleet.is_country_code(v_parts[1])
        or fleet.compute_din_check_digit(v_parts[1] || v_parts[3] || v_parts[4]) <> v_parts[5]
    then
        return null;
    end if;
    v_instance := 'C0' || v_parts[4] || v_parts[5];
    return v_parts[1] || '-' || v_parts[3] || '-' || v_instance || '-'
        || fleet.compute_contract_check_digit(v_parts[1] || v_parts[3] || v_instance);
end;
$$;
revoke all on function fleet.convert_din_contract_id(text) from public;
comment on function fleet.convert_din_contract_id(text) is
    'The eMI3 form of a legacy DIN contract id with a right check digit; null if it is none.';
