-- Have charge points leave a log (security whitepaper N01).
--
-- Errors:  those of fleet.send_commands and of ocpp16.prepare_get_log; PT400 retries_invalid,
--          time_range_invalid.
-- Definer: commands are queued by functions only.
create or replace function api.get_log(
    log_type text,
    location text,
    since timestamptz default null,
    until timestamptz default null,
    retries integer default null,
    retry_interval_s integer default null,
    charge_point text default null,
    charge_point_group text default null,
    keep boolean default null,
    expires_in_s integer default null
)
returns setof api.commands
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.check_log_range(get_log.since, get_log.until);
    return query
    select q.*
    from fleet.send_transfer(
        'GetLog',
        jsonb_build_object(
            'logType', get_log.log_type,
            'log',
            jsonb_strip_nulls(
                jsonb_build_object(
                    'remoteLocation', get_log.location,
                    'oldestTimestamp', ocpp.format_timestamp(get_log.since),
                    'latestTimestamp', ocpp.format_timestamp(get_log.until)
                )
            )
        ),
        get_log.retries,
        get_log.retry_interval_s,
        get_log.charge_point,
        get_log.charge_point_group,
        get_log.keep,
        get_log.expires_in_s
    ) as q;
end;
$$;
revoke all on function api.get_log(
    text, text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) from public;
grant execute on function api.get_log(
    text, text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) to staff, platform;
comment on function api.get_log(
    text, text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) is
    E'Have a charge point, or those of a group, upload a log.\n'
    'log_type is DiagnosticsLog or SecurityLog; for the rest see get_diagnostics. A charger that '
    'gives up an earlier upload for this one says so, and that job is cancelled. Needs '
    'firmware.write.';
