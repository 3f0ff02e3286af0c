-- Whether a text is an IBAN: without spaces, in capitals, as long as its country's are, and with
-- the right check digits.
--
-- Called by: billing.tg_legal_entities__prepare and whatever takes an IBAN.
-- Source:    ISO 13616-1 and its register of countries; ISO 7064, mod 97-10.
create or replace function billing.is_iban(p_iban text)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- The length stands before the countries that have it.
    v_lengths constant text :=
        '15 NO 16 BE 18 DK FI FK FO GL NL SD 19 MK SI 20 AT BA EE KZ LT LU MN XK 21 CH HR LI LV '
        '22 BG BH CR DE GB GE IE ME RS VA 23 AE GI IL IQ OM SO TL 24 AD CZ ES MD PK RO SA SE SK '
        'TN VG 25 LY PT ST 26 IS TR 27 BI DJ FR GR IT MC MR SM 28 AL AZ BY CY DO GT HU LB NI PL '
        'SV 29 BR EG PS QA UA 30 JO KW MU YE 31 MT SC 32 LC 33 RU ';
begin
    return coalesce(
        p_iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'
        and v_lengths ~ format('(^| )%s( [A-Z]{2})* %s ', length(p_iban), left(p_iban, 2))
        and billing.get_remainder_97(substr(p_iban, 5) || left(p_iban, 4)) = 1,
        false
    );
end;
$$;
revoke all on function billing.is_iban(text) from public;
comment on function billing.is_iban(text) is
    'Whether a text is an IBAN with the length of its country and the right check digits.';

-- Whether a text is a SEPA creditor identifier with the right check digits: the business code
-- (its characters 5 to 7) is the creditor's to choose and not part of the check.
--
-- Called by: billing.tg_legal_entities__prepare.
-- Source:    EPC262-08, creditor identifier overview; ISO 7064, mod 97-10.
create or replace function billing.is_creditor_id(p_creditor_id text)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        p_creditor_id ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}$'
        and billing.get_remainder_97(substr(p_creditor_id, 8) || left(p_creditor_id, 4)) = 1,
        false
    );
end;
$$;
revoke all on function billing.is_creditor_id(text) from public;
comment on function billing.is_creditor_id(text) is
    'Whether a text is a SEPA creditor identifier with the right check digits.';

-- The remainder by 97 of letters and digits, A being 10 and Z 35; null for other characters.
--
-- Called by: billing.is_iban, billing.is_creditor_id.
create or replace function billing.get_remainder_97(p_text text)
returns integer
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_text ~ '^[A-Z0-9]+$'
            then (
                string_agg(
                    case when c.sign > '9' then (ascii(c.sign) - 55)::text else c.sign end,
                    '' order by c.place
                )::numeric % 97
            )::integer
    end
    from string_to_table(p_text, null) with ordinality as c (sign, place);
$$;
revoke all on function billing.get_remainder_97(text) from public;
comment on function billing.get_remainder_97(text) is
    'The remainder by 97 of letters and digits, A being 10 and Z 35.';
