-- Restart charge points (OCPP 1.6 §5.14).
--
-- A soft reset ends sessions in good order. A hard one may lose the end of a session, so where
-- one is active it is refused, for all that are addressed, unless ends_sessions says it is wanted.
-- Errors:  those of fleet.send_commands, PT409 sessions_active (its detail has "charge_points").
-- Definer: commands are written by functions only; the permission is checked there.
create or replace function api.reset(
    charge_point text default null,
    type text default 'Soft',
    ends_sessions boolean default false,
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
    if reset.type = 'Hard' and not coalesce(reset.ends_sessions, false) then
        perform charging.refuse_active_sessions(array(
            select cp
            from fleet.find_addressed_charge_points(
                'commands.write', reset.charge_point, reset.charge_point_group
            ) as cp
        ));
    end if;

    return query
    select s.*
    from fleet.show_commands(
        array(
            select q
            from fleet.send_commands(
                'Reset',
                jsonb_strip_nulls(jsonb_build_object(
                    'type', reset.type
                )),
                reset.charge_point, reset.charge_point_group,
                reset.keep, reset.expires_in_s
            ) as q
        )
    ) as s;
end;
$$;
revoke all on function api.reset(text, text, boolean, text, boolean, integer) from public;
grant execute on function api.reset(text, text, boolean, text, boolean, integer) to staff, platform;
comment on function api.reset(text, text, boolean, text, boolean, integer) is
    E'Restart charge points.\n'
    'type is Soft (the default), which ends sessions in good order, or Hard, which may lose '
    'their end and is refused while one is active unless ends_sessions is true. charge_point is '
    'an OCPP identity, charge_point_group the name of a group in its place; keep and '
    'expires_in_s (seconds) say whether and how long to wait for one that is away. Needs the '
    'permission commands.write.';
