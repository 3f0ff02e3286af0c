-- Have charge points fetch firmware and install it (OCPP 1.6 §5.19).
--
-- Errors:  those of fleet.send_commands and of ocpp16.prepare_update_firmware; PT400
--          retries_invalid.
-- Definer: commands are queued by functions only.
create or replace function api.update_firmware(
    location text,
    retrieve_at timestamptz default null,
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
    return query
    select q.*
    from fleet.send_transfer(
        'UpdateFirmware',
        jsonb_build_object(
            'location', update_firmware.location,
            'retrieveDate',
            ocpp.format_timestamp(coalesce(update_firmware.retrieve_at, now()))
        ),
        update_firmware.retries,
        update_firmware.retry_interval_s,
        update_firmware.charge_point,
        update_firmware.charge_point_group,
        update_firmware.keep,
        update_firmware.expires_in_s
    ) as q;
end;
$$;
revoke all on function api.update_firmware(
    text, timestamptz, integer, integer, text, text, boolean, integer
) from public;
grant execute on function api.update_firmware(
    text, timestamptz, integer, integer, text, text, boolean, integer
) to staff, platform;
comment on function api.update_firmware(
    text, timestamptz, integer, integer, text, text, boolean, integer
) is
    E'Have a charge point, or those of a group, fetch firmware and install it.\n'
    'location has to lie below a prefix of transfer_locations for downloads and gets a one-time '
    'ticket, where it says {ticket} or before the file name. retrieve_at is when to begin (left '
    'out: now), retries how often to try a download again, retry_interval_s after how many '
    'seconds. Returns the commands; the progress is in device_jobs. Needs firmware.write.';
