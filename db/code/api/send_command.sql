-- Queue any command of OCPP for a charge point or a group.
--
-- Writes:  ops.commands and what belongs to a command of that kind.
-- Errors:  those of fleet.send_commands.
-- Definer: commands are written by functions only.
create or replace function api.send_command(
    action text,
    payload jsonb default '{}',
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
    select v.*
    from fleet.show_commands(array(
        select q
        from fleet.send_commands(
            action, payload, charge_point, charge_point_group, keep, expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.send_command(text, jsonb, text, text, boolean, integer) from public;
grant execute on function api.send_command(text, jsonb, text, text, boolean, integer)
to staff, platform;
comment on function api.send_command(text, jsonb, text, text, boolean, integer) is
    E'Queue any OCPP message that a central system may send.\n'
    'charge_point is an OCPP identity, charge_point_group a name: send one of both. payload is '
    'that of the message and is checked against its schema. keep lets it wait for a charger that '
    'is away, expires_in_s is how long it is worth sending; both default by the action. Returns '
    'the commands; their lives show in commands.';
