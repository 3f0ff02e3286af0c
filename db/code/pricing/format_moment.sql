-- A moment as OCPI writes it: UTC, ending in Z, with as many decimals as it needs (OCPI 2.3.0
-- types, DateTime).
--
-- Called by: pricing.cut_session.
create or replace function pricing.format_moment(p_at timestamptz)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if date_trunc('second', p_at, 'UTC') = p_at then
        return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
    end if;
    return rtrim(to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0') || 'Z';
end;
$$;
revoke all on function pricing.format_moment(timestamptz) from public;
comment on function pricing.format_moment(timestamptz) is 'A moment as OCPI writes it.';
