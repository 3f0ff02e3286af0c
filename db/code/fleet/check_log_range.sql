-- Refuse a range of time of a log that ends before it begins; each end may be open.
--
-- Called by: api.get_diagnostics, api.get_log.
-- Errors:    PT400 time_range_invalid.
create or replace function fleet.check_log_range(p_since timestamptz, p_until timestamptz)
returns void
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_until < p_since then
        raise exception using
            errcode = 'PT400',
            message = 'the range of time ends before it begins',
            detail = '{"error":"time_range_invalid"}',
            hint = 'Give an until that is not before since.';
    end if;
end;
$$;
revoke all on function fleet.check_log_range(timestamptz, timestamptz) from public;
comment on function fleet.check_log_range(timestamptz, timestamptz) is
    'Refuse a range of time of a log that ends before it begins.';
