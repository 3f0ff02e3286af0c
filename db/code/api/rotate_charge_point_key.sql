-- Have charge points take a new random key, which nobody gets to see.
--
-- Writes:  ops.commands, ops.command_secrets, core.charge_point_keys.
-- Errors:  PT403 permission_missing (configuration.write, security.write), those of
--          fleet.send_commands.
-- Definer: commands and keys are written by functions only.
create or replace function api.rotate_charge_point_key(
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
    perform access.require_permission('security.write');
    return query
    select v.*
    from fleet.show_commands(array(
        select q
        from fleet.send_commands(
            'ChangeConfiguration', '{"key": "AuthorizationKey"}', charge_point,
            charge_point_group, keep, expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.rotate_charge_point_key(text, text, boolean, integer) from public;
grant execute on function api.rotate_charge_point_key(text, text, boolean, integer)
to staff, platform;
comment on function api.rotate_charge_point_key(text, text, boolean, integer) is
    E'Send charge points a new random key (ChangeConfiguration of AuthorizationKey).\n'
    'Nobody is shown it. The key that a charge point has stays good until it has connected with '
    'the new one; one that it refuses retires. charge_point_keys shows both.';
