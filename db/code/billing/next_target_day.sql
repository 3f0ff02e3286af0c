-- The first day on or after a day on which banks settle euros.
--
-- Called by: billing.announce_debits, billing.create_debit_batches.
-- Source:    TARGET closes on Saturdays, Sundays, 1 January, Good Friday, Easter Monday, 1 May, 25
--            and 26 December (Guideline ECB/2022/8, annex). Easter by the Gregorian computus.
create or replace function billing.next_target_day(p_day date)
returns date
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_day date := p_day;
    v_year integer;
    v_century integer;
    v_golden integer;
    v_epact integer;
    v_moon integer;
    v_easter date;
begin
    -- A day off is followed by at most four others.
    loop
        v_year := extract(year from v_day);
        v_century := v_year / 100;
        v_golden := v_year % 19;
        v_epact := (
            v_century - v_century / 4 - (8 * v_century + 13) / 25 + 19 * v_golden + 15
        ) % 30;
        v_moon := v_epact - (v_epact / 28) * (1 - (29 / (v_epact + 1)) * ((21 - v_golden) / 11));
        v_easter := make_date(v_year, 3, 28) + v_moon - (
            v_year + v_year / 4 + v_moon + 2 - v_century + v_century / 4
        ) % 7;
        exit when
            extract(isodow from v_day) < 6
            and to_char(v_day, 'MMDD') not in ('0101', '0501', '1225', '1226')
            and v_day not in (v_easter - 2, v_easter + 1);
        v_day := v_day + 1;
    end loop;
    return v_day;
end;
$$;
revoke all on function billing.next_target_day(date) from public;
comment on function billing.next_target_day(date) is
    'The first day on or after a day on which banks settle euros.';
