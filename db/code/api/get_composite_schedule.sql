-- Ask charge points for the schedule that comes of all their profiles.
--
-- Writes:  ops.commands.
-- Errors:  those of fleet.send_commands; PT400 duration_invalid; PT404 connector_unknown.
-- Definer: commands are written by functions only.
create or replace function api.get_composite_schedule(
    charge_point text default null,
    connector integer default 0,
    duration_s integer default 86400,
    unit text default null,
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
    if coalesce(duration_s, 0) <= 0 then
        raise exception using
            errcode = 'PT400',
            message = 'a schedule has a duration',
            detail = '{"error":"duration_invalid"}',
            hint = 'Send duration_s, a number of seconds.';
    end if;
    return query
    select v.*
    from fleet.show_commands(array(
        select q
        from fleet.send_commands(
            'GetCompositeSchedule',
            jsonb_strip_nulls(jsonb_build_object(
                'connectorId', coalesce(connector, 0),
                'duration', duration_s,
                'chargingRateUnit', unit
            )),
            charge_point, charge_point_group, keep, expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.get_composite_schedule(
    text, integer, integer, text, text, boolean, integer
) from public;
grant execute on function api.get_composite_schedule(
    text, integer, integer, text, text, boolean, integer
) to staff, platform;
comment on function api.get_composite_schedule(
    text, integer, integer, text, text, boolean, integer
) is
    E'Ask a charge point, or a group, for the schedule that all its profiles come to.\n'
    'connector 0 is what the whole charge point expects to draw; unit is A or W. The answer is '
    'in result of the command: status, scheduleStart, chargingSchedule.';
