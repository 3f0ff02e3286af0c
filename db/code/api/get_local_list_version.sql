-- Ask charge points for the version of their local list.
--
-- Writes:  ops.commands.
-- Errors:  those of fleet.send_commands.
-- Definer: commands are written by functions only.
create or replace function api.get_local_list_version(
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
            'GetLocalListVersion', '{}', charge_point, charge_point_group, keep, expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.get_local_list_version(text, text, boolean, integer) from public;
grant execute on function api.get_local_list_version(text, text, boolean, integer)
to staff, platform;
comment on function api.get_local_list_version(text, text, boolean, integer) is
    E'Ask a charge point, or a group, for the version of its local list.\n'
    'The answer goes to local_lists: -1 for none, 0 for an empty one. Another version than the '
    'one we know makes the next update a full one.';
