-- Empty the authorisation cache of charge points (OCPP 1.6 §5.4).
--
-- Errors:  those of fleet.send_commands.
-- Definer: commands are written by functions only; the permission is checked there.
create or replace function api.clear_cache(
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
    select s.*
    from fleet.show_commands(
        array(
            select q
            from fleet.send_commands(
                'ClearCache',
                '{}',
                clear_cache.charge_point, clear_cache.charge_point_group,
                clear_cache.keep, clear_cache.expires_in_s
            ) as q
        )
    ) as s;
end;
$$;
revoke all on function api.clear_cache(text, text, boolean, integer) from public;
grant execute on function api.clear_cache(text, text, boolean, integer) to staff, platform;
comment on function api.clear_cache(text, text, boolean, integer) is
    E'Empty the cache of tokens that charge points keep.\n'
    'charge_point is an OCPP identity, charge_point_group the name of a group in its place. '
    'Returns the commands that were queued; commands shows what becomes of them. keep and '
    'expires_in_s (seconds) say whether and how long they wait for a charge point that is away. '
    'Needs the permission commands.write.';
