-- The one way a contract id (eMAID) is written here; null for a text that is none.
--
-- Called by: the trigger of core.id_tokens.
-- Country, provider, instance of 9 characters and check digit, in capitals, joined by hyphens:
-- "nltnm000122045" is "NL-TNM-000122045-U". A check digit that is missing is computed; one that
-- is there is kept even when it is wrong: fleet.is_contract_id_right tells, because foreign
-- contract ids with wrong ones are in use. A legacy DIN contract id comes as its eMI3 form.
create or replace function fleet.normalise_contract_id(p_contract_id text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts text[] := regexp_match(
        upper(btrim(p_contract_id)),
        '^([A-Z]{2})(-?)([A-Z0-9]{3})\2([A-Z0-9]{9})(?:\2([A-Z0-9]))?$'
    );
begin
    if fleet.is_country_code(v_parts[1]) then
        return v_parts[1] || '-' || v_parts[3] || '-' || v_parts[4] || '-' || coalesce(
            v_parts[5],
            fleet.compute_contract_check_digit(v_parts[1] || v_parts[3] || v_parts[4])
        );
    end if;
    return fleet.convert_din_contract_id(p_contract_id);
end;
$$;
revoke all on function fleet.normalise_contract_id(text) from public;
comment on function fleet.normalise_contract_id(text) is
    'Normal form of a contract id (eMAID) with its check digit; null if it is none.';

-- Whether the check digit of a normalised contract id is the one its characters ask for.
create or replace function fleet.is_contract_id_right(p_contract_id text)
returns boolean
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select right(p_contract_id, 1) = fleet.compute_contract_check_digit(
        left(replace(p_contract_id, '-', ''), 14)
    );
$$;
revoke all on function fleet.is_contract_id_right(text) from public;
comment on function fleet.is_contract_id_right(text) is
    'Whether the check digit of a normalised contract id is right.';
