-- Change a key of the configuration of charge points.
--
-- Writes:  ops.commands and, for the keys of security, what belongs to them.
-- Errors:  those of fleet.send_commands; PT409 configuration_key_readonly.
-- Definer: commands are written by functions only.
create or replace function api.change_configuration(
    charge_point text default null,
    key text default null,
    value text default null,
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
            'ChangeConfiguration',
            jsonb_strip_nulls(jsonb_build_object('key', nullif(btrim(key), ''), 'value', value)),
            charge_point, charge_point_group, keep, expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.change_configuration(text, text, text, text, boolean, integer)
from public;
grant execute on function api.change_configuration(text, text, text, text, boolean, integer)
to staff, platform;
comment on function api.change_configuration(text, text, text, text, boolean, integer) is
    E'Change a key of the configuration of a charge point, or of a group.\n'
    'key has at most 50 characters and value 500 (OCPP 1.6 §6.9). A value that was accepted '
    'stands in configuration_keys; needs_reboot there says that it holds after the next boot.';
