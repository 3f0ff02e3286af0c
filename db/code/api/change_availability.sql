-- Take connectors out of service, or back (OCPP 1.6 §5.2).
--
-- A charge point that is charging answers Scheduled and does it after the session: state accepted.
-- Errors:  those of fleet.send_commands, PT404 connector_unknown, PT400 connector_invalid.
-- Definer: commands are written by functions only; the permission is checked there.
create or replace function api.change_availability(
    charge_point text default null,
    type text default null,
    connector integer default 0,
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
                'ChangeAvailability',
                jsonb_strip_nulls(jsonb_build_object(
                    'connectorId', change_availability.connector,
                    'type', change_availability.type
                )),
                change_availability.charge_point, change_availability.charge_point_group,
                change_availability.keep, change_availability.expires_in_s
            ) as q
        )
    ) as s;
end;
$$;
revoke all on function api.change_availability(
    text, text, integer, text, boolean, integer
) from public;
grant execute on function api.change_availability(
    text, text, integer, text, boolean, integer
) to staff, platform;
comment on function api.change_availability(text, text, integer, text, boolean, integer) is
    E'Take connectors out of service, or back.\n'
    'type is Inoperative or Operative; connector is a number, 0 (or left out) the whole charge '
    'point. The result is Accepted, or Scheduled where a session has to end first. charge_point '
    'is an OCPP identity, charge_point_group the name of a group in its place. The command '
    'waits 7 days for a charge point that is away, unless keep and expires_in_s (seconds) say '
    'otherwise. Needs the permission commands.write.';
