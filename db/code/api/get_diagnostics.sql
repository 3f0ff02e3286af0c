-- Have charge points leave a file with diagnostics (OCPP 1.6 §5.9).
--
-- Errors:  those of fleet.send_commands and of ocpp16.prepare_get_diagnostics; PT400
--          retries_invalid, time_range_invalid.
-- Definer: commands are queued by functions only.
create or replace function api.get_diagnostics(
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
    perform fleet.check_log_range(get_diagnostics.since, get_diagnostics.until);
    return query
    select q.*
    from fleet.send_transfer(
        'GetDiagnostics',
        jsonb_build_object(
            'location', get_diagnostics.location,
            'startTime', ocpp.format_timestamp(get_diagnostics.since),
            'stopTime', ocpp.format_timestamp(get_diagnostics.until)
        ),
        get_diagnostics.retries,
        get_diagnostics.retry_interval_s,
        get_diagnostics.charge_point,
        get_diagnostics.charge_point_group,
        get_diagnostics.keep,
        get_diagnostics.expires_in_s
    ) as q;
end;
$$;
revoke all on function api.get_diagnostics(
    text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) from public;
grant execute on function api.get_diagnostics(
    text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) to staff, platform;
comment on function api.get_diagnostics(
    text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) is
    E'Have a charge point, or those of a group, upload a file with diagnostics.\n'
    'location is a directory below a prefix of transfer_locations for uploads and gets a one-time '
    'ticket as its last segment, or where it says {ticket}. since and until limit what the file '
    'tells. Returns the commands; the progress is in device_jobs. Needs firmware.write.';
