-- Ask charge points for a message (OCPP 1.6 §5.17).
--
-- Errors:  those of fleet.send_commands and ocpp16.check_trigger.
-- Definer: commands are written by functions only; the permission is checked there.
create or replace function api.trigger_message(
    charge_point text default null,
    message text default null,
    connector integer default null,
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
    select s.*
    from fleet.show_commands(
        array(
            select q
            from fleet.send_commands(
                'TriggerMessage',
                jsonb_strip_nulls(jsonb_build_object(
                    'requestedMessage', trigger_message.message,
                    'connectorId', trigger_message.connector
                )),
                trigger_message.charge_point, trigger_message.charge_point_group,
                trigger_message.keep, trigger_message.expires_in_s
            ) as q
        )
    ) as s;
end;
$$;
revoke all on function api.trigger_message(text, text, integer, text, boolean, integer) from public;
grant execute on function api.trigger_message(
    text, text, integer, text, boolean, integer
) to staff, platform;
comment on function api.trigger_message(text, text, integer, text, boolean, integer) is
    E'Ask charge points for a message.\n'
    'message is BootNotification, DiagnosticsStatusNotification, FirmwareStatusNotification, '
    'Heartbeat, MeterValues or StatusNotification; connector asks for one connector, none for '
    'all. A BootNotification is asked for once a connection: some charge points reboot each '
    'time. charge_point is an OCPP identity, charge_point_group the name of a group in its '
    'place; keep and expires_in_s (seconds) say whether and how long to wait for one that is '
    'away. Needs the permission commands.write.';
