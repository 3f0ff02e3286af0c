-- Unlock a connector whose cable is stuck (OCPP 1.6 §5.18).
--
-- Unlocked is state accepted; UnlockFailed and NotSupported are rejected, the result says which.
-- Errors:  those of fleet.send_commands, PT404 connector_unknown, PT400 connector_invalid.
-- Definer: commands are written by functions only; the permission is checked there.
create or replace function api.unlock_connector(
    charge_point text default null,
    connector integer default 1,
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
                'UnlockConnector',
                jsonb_strip_nulls(jsonb_build_object(
                    'connectorId', unlock_connector.connector
                )),
                unlock_connector.charge_point, unlock_connector.charge_point_group,
                unlock_connector.keep, unlock_connector.expires_in_s
            ) as q
        )
    ) as s;
end;
$$;
revoke all on function api.unlock_connector(text, integer, text, boolean, integer) from public;
grant execute on function api.unlock_connector(
    text, integer, text, boolean, integer
) to staff, platform;
comment on function api.unlock_connector(text, integer, text, boolean, integer) is
    E'Unlock a connector whose cable is stuck.\n'
    'A charge point ends a session there first. The command is accepted when the result is '
    'Unlocked and rejected when it is UnlockFailed or NotSupported. charge_point is an OCPP '
    'identity, charge_point_group the name of a group in its place; keep and expires_in_s '
    '(seconds) say whether and how long to wait for one that is away. Needs the permission '
    'commands.write.';
