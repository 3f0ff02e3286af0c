-- Refuse a time zone that is no name of the IANA database.
--
-- Called by: access.tg_tenants__check, fleet.tg_sites__check.
-- Errors:    PT400 time_zone_invalid.
create or replace function access.check_time_zone(p_time_zone text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not access.is_time_zone(p_time_zone) then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not the name of a time zone', left(p_time_zone, 50)),
            detail = '{"error":"time_zone_invalid"}',
            hint = 'Use a name of the IANA database, such as Europe/Berlin.';
    end if;
end;
$$;
revoke all on function access.check_time_zone(text) from public;
comment on function access.check_time_zone(text) is
    'Refuse a time zone that is no name of the IANA database.';
