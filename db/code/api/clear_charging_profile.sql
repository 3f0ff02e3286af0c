-- Take charging profiles away from charge points.
--
-- Writes:  ops.commands.
-- Errors:  those of fleet.send_commands; PT404 charging_profile_installation_unknown.
-- Definer: commands are written by functions only.
create or replace function api.clear_charging_profile(
    charge_point text default null,
    installation_id bigint default null,
    connector integer default null,
    purpose text default null,
    stack_level integer default null,
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
declare
    v_identity text := charge_point;
    v_payload jsonb := jsonb_strip_nulls(jsonb_build_object(
        'connectorId', connector,
        'chargingProfilePurpose', purpose,
        'stackLevel', stack_level
    ));
begin
    if installation_id is not null then
        select cp.identity, jsonb_build_object('id', i.profile_no)
        into v_identity, v_payload
        from core.charging_profile_installations as i
        inner join core.charge_points as cp
            on cp.tenant_id = i.tenant_id and cp.id = i.charge_point_id
        where
            i.id = clear_charging_profile.installation_id
            and lower(cp.identity) = lower(coalesce(charge_point, cp.identity))
            and (claims.role() = 'platform' or i.tenant_id = claims.tenant_id());
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such installation of a charging profile',
                detail = '{"error":"charging_profile_installation_unknown"}',
                hint = 'Take the id from charging_profile_installations.';
        end if;
    end if;
    return query
    select v.*
    from fleet.show_commands(array(
        select q
        from fleet.send_commands(
            'ClearChargingProfile', v_payload, v_identity, charge_point_group, keep, expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.clear_charging_profile(
    text, bigint, integer, text, integer, text, boolean, integer
) from public;
grant execute on function api.clear_charging_profile(
    text, bigint, integer, text, integer, text, boolean, integer
) to staff, platform;
comment on function api.clear_charging_profile(
    text, bigint, integer, text, integer, text, boolean, integer
) is
    E'Take charging profiles away from a charge point, or a group.\n'
    'installation_id, of charging_profile_installations, names one. Without it, connector, '
    'purpose and stack_level name all that meet them; none of these names every profile.';
