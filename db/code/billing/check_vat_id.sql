-- A VAT id as the register writes it: in capitals, without spaces, dots and hyphens; null for an
-- empty text. What cannot be one in its country is refused.
--
-- Whether it was given to anybody only the register knows (jobs.check_vat_ids). Of countries
-- that are not named here any number is taken.
-- Called by: billing.tg_legal_entities__prepare, billing.tg_customers__prepare.
-- Source:    the European Commission's table of the structure of VAT numbers (VIES), and for
--            Great Britain, Switzerland and Norway their tax authorities.
-- Errors:    PT400 vat_id_invalid.
create or replace function billing.check_vat_id(p_vat_id text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_vat_id constant text := nullif(upper(regexp_replace(p_vat_id, '[\s.-]', '', 'g')), '');
    v_number constant text := substr(v_vat_id, 3);
    v_pattern text;
begin
    if v_vat_id is null then
        return null;
    end if;
    v_pattern := case left(v_vat_id, 2)
        when 'AT' then 'U\d{8}'
        when 'BE' then '[01]\d{9}'
        when 'BG' then '\d{9,10}'
        when 'CH' then 'E\d{9}'
        when 'CY' then '\d{8}[A-Z]'
        when 'CZ' then '\d{8,10}'
        when 'DE' then '\d{9}'
        when 'DK' then '\d{8}'
        when 'EE' then '\d{9}'
        when 'EL' then '\d{9}'
        when 'ES' then '([A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z])'
        when 'FI' then '\d{8}'
        when 'FR' then '[A-HJ-NP-Z0-9]{2}\d{9}'
        when 'GB' then '(\d{9}|\d{12}|GD\d{3}|HA\d{3})'
        when 'HR' then '\d{11}'
        when 'HU' then '\d{8}'
        when 'IE' then '(\d[A-Z0-9+*]\d{5}[A-Z]|\d{7}[A-W][A-I])'
        when 'IT' then '\d{11}'
        when 'LT' then '(\d{9}|\d{12})'
        when 'LU' then '\d{8}'
        when 'LV' then '\d{11}'
        when 'MT' then '\d{8}'
        when 'NL' then '[A-Z0-9+*]{10}\d{2}'
        when 'NO' then '\d{9}(MVA)?'
        when 'PL' then '\d{10}'
        when 'PT' then '\d{9}'
        when 'RO' then '\d{2,10}'
        when 'SE' then '\d{12}'
        when 'SI' then '\d{8}'
        when 'SK' then '\d{10}'
        when 'XI' then '(\d{9}|\d{12}|GD\d{3}|HA\d{3})'
        -- Greece writes EL.
        when 'GR' then null
        else case when fleet.is_country_code(left(v_vat_id, 2)) then '[0-9A-Z]{2,13}' end
    end;
    if v_pattern is null or v_number !~ ('^' || v_pattern || '$') then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not a VAT id of its country', left(v_vat_id, 20)),
            detail = '{"error":"vat_id_invalid"}',
            hint = 'Begin with the letters of the country, such as DE123456789 (EL for Greece).';
    end if;
    return v_vat_id;
end;
$$;
revoke all on function billing.check_vat_id(text) from public;
comment on function billing.check_vat_id(text) is
    'A VAT id as the register writes it; what cannot be one in its country is refused.';

-- The country of a VAT id as ISO 3166-1: Greece writes EL, Northern Ireland XI.
--
-- Called by: billing.is_reverse_charge_allowed.
create or replace function billing.get_vat_country(p_vat_id text)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case left(p_vat_id, 2) when 'EL' then 'GR' when 'XI' then 'GB' else left(p_vat_id, 2) end;
$$;
revoke all on function billing.get_vat_country(text) from public;
comment on function billing.get_vat_country(text) is
    'The country of a VAT id as ISO 3166-1: Greece writes EL, Northern Ireland XI.';
