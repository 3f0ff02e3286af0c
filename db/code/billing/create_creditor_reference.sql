-- A creditor reference (ISO 11649) of letters and digits: RF, two check digits, the text.
--
-- The check digits are 98 less the remainder by 97 of the text with RF00 behind it, letters read as
-- 10 to 35 (ISO 7064, mod 97-10).
-- Called by: billing.finalise_invoices.
-- Errors:    22023 for what has no creditor reference.
create or replace function billing.create_creditor_reference(p_text text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_text is null or p_text !~ '^[A-Z0-9]{1,21}$' then
        raise exception using
            errcode = '22023',
            message = 'a creditor reference is made of 1 to 21 capitals and digits';
    end if;
    return (
        select
            'RF'
            || lpad(
                (98 - string_agg(
                    case when c.letter ~ '[0-9]' then c.letter else (ascii(c.letter) - 55)::text end,
                    '' order by c.place
                )::numeric % 97)::text,
                2, '0'
            )
            || p_text
        from string_to_table(p_text || 'RF00', null) with ordinality as c (letter, place)
    );
end;
$$;
revoke all on function billing.create_creditor_reference(text) from public;
comment on function billing.create_creditor_reference(text) is
    'A creditor reference (ISO 11649) for a text: RF, two check digits and the text.';
