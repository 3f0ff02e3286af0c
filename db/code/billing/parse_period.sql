-- The first day of a month that is written like 2026-03.
--
-- Called by: api.start_billing_run, api.preview_billing_run.
-- Errors:    PT400 month_invalid.
create or replace function billing.parse_period(p_period text)
returns date
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_period is null or p_period !~ '^20[0-9]{2}-(0[1-9]|1[0-2])$' then
        raise exception using
            errcode = 'PT400',
            message = 'the period is no month',
            detail = '{"error":"month_invalid"}',
            hint = 'Write year and month, like 2026-03.';
    end if;
    return to_date(p_period || '-01', 'YYYY-MM-DD');
end;
$$;
revoke all on function billing.parse_period(text) from public;
comment on function billing.parse_period(text) is
    'The first day of a month that is written like 2026-03.';
