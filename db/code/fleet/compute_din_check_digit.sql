-- The check digit of a legacy contract id after DIN SPEC 91286.
--
-- Called by: fleet.convert_din_contract_id.
-- p_contract is country, provider and instance without separators: 11 of A-Z and 0-9; null for
-- anything else. Letters count as two decimal digits (A is 10); each digit is weighted with a
-- power of two, modulo 11, and ten is written X.
create or replace function fleet.compute_din_check_digit(p_contract text)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with digits as (
        select string_agg(
            case
                when c.letter between '0' and '9' then c.letter
                else (ascii(c.letter) - 55)::text
            end,
            '' order by c.position
        ) as text
        from regexp_split_to_table(p_contract, '') with ordinality as c (letter, position)
        where p_contract ~ '^[A-Z0-9]{11}$'
    ),
    weighted as (
        select sum(d.digit::bigint * (1::bigint << (d.position - 1)::integer)) % 11 as remainder
        from digits
        cross join lateral regexp_split_to_table(digits.text, '')
            with ordinality as d (digit, position)
    )
    select case when w.remainder = 10 then 'X' else w.remainder::text end
    from weighted as w;
$$;
revoke all on function fleet.compute_din_check_digit(text) from public;
comment on function fleet.compute_din_check_digit(text) is
    'DIN SPEC 91286 check digit of the 11 characters of a legacy contract id.';
