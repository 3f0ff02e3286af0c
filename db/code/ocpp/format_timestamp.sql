-- A moment as every charger can read it: YYYY-MM-DDTHH:MM:SSZ (quirk 45).
--
-- Called by: the handlers of every protocol.
create or replace function ocpp.format_timestamp(p_at timestamptz)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
end;
$$;
revoke all on function ocpp.format_timestamp(timestamptz) from public;
comment on function ocpp.format_timestamp(timestamptz) is
    'A moment in UTC to the second, ending in Z.';
