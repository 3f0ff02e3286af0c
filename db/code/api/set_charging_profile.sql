-- Install a charging profile on charge points.
--
-- Writes:  ops.commands, core.charging_profile_installations.
-- Errors:  those of fleet.find_addressed_charge_points, fleet.queue_command and
--          ocpp16.prepare_set_charging_profile; PT400 charging_profile_required; PT404
--          charging_profile_unknown, session_unknown.
-- Definer: commands are written by functions only.
create or replace function api.set_charging_profile(
    charge_point text default null,
    connector integer default null,
    charging_profile_id bigint default null,
    profile jsonb default null,
    session_id bigint default null,
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
    v_connector integer := connector;
    v_transaction_id integer;
    v_commands ops.commands[];
begin
    if num_nonnulls(charging_profile_id, profile) <> 1 then
        raise exception using
            errcode = 'PT400',
            message = 'name a stored profile or send one',
            detail = '{"error":"charging_profile_required"}',
            hint = 'Send either charging_profile_id or profile, a ChargingProfile of OCPP 1.6.';
    end if;
    if session_id is not null then
        select cp.identity, c.ocpp16_connector_id, s.transaction_id::integer
        into v_identity, v_connector, v_transaction_id
        from core.sessions as s
        inner join core.charge_points as cp
            on cp.tenant_id = s.tenant_id and cp.id = s.charge_point_id
        inner join core.connectors as c on c.tenant_id = s.tenant_id and c.id = s.connector_id
        where
            s.id = set_charging_profile.session_id
            and s.protocol = 'ocpp1.6'
            and lower(cp.identity) = lower(coalesce(charge_point, cp.identity))
            and (claims.role() = 'platform' or s.tenant_id = claims.tenant_id());
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such session on a connector',
                detail = '{"error":"session_unknown"}',
                hint = 'Take the id from charging_sessions.';
        end if;
    end if;

    v_commands := array(
        select q
        from fleet.find_addressed_charge_points(
            'configuration.write', v_identity, charge_point_group
        ) as cp
        cross join lateral fleet.queue_commands(
            cp,
            'SetChargingProfile',
            array[
                jsonb_build_object(
                    'connectorId', coalesce(v_connector, 0),
                    'csChargingProfiles',
                    charging.find_charging_profile(cp.tenant_id, charging_profile_id, profile)
                    || jsonb_strip_nulls(
                        jsonb_build_object('transactionId', v_transaction_id)
                    )
                )
            ],
            keep,
            make_interval(secs => expires_in_s),
            case when charge_point_group is not null then gen_random_uuid() end,
            v_identity is null
        ) as q
    );
    if charging_profile_id is not null then
        update core.charging_profile_installations as i
        set charging_profile_id = set_charging_profile.charging_profile_id
        from unnest(v_commands) as q
        where i.tenant_id = q.tenant_id and i.command_id = q.id;
    end if;
    return query
    select v.*
    from fleet.show_commands(v_commands) as v;
end;
$$;
revoke all on function api.set_charging_profile(
    text, integer, bigint, jsonb, bigint, text, boolean, integer
) from public;
grant execute on function api.set_charging_profile(
    text, integer, bigint, jsonb, bigint, text, boolean, integer
) to staff, platform;
comment on function api.set_charging_profile(
    text, integer, bigint, jsonb, bigint, text, boolean, integer
) is
    E'Install a charging profile on a charge point, a connector or a running session.\n'
    'Send charging_profile_id, of charging_profiles, or profile, a ChargingProfile of OCPP 1.6 '
    '(its number may be left out). connector 0, the default, is the whole charge point. A '
    'TxProfile needs session_id, or a connector on which a session runs. One of the same '
    'connector, purpose and stack level is replaced. charging_profile_installations tells what '
    'stands where.';

-- A profile as it is sent: the one that was given, or the stored one of that tenant.
-- Errors:    PT404 charging_profile_unknown.
create or replace function charging.find_charging_profile(
    p_tenant_id bigint,
    p_charging_profile_id bigint,
    p_profile jsonb
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_profile core.charging_profiles;
begin
    if p_charging_profile_id is null then
        return p_profile;
    end if;
    select p.* into v_profile
    from core.charging_profiles as p
    where p.tenant_id = p_tenant_id and p.id = p_charging_profile_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such charging profile',
            detail = '{"error":"charging_profile_unknown"}',
            hint = 'Take the id from charging_profiles, of the tenant of the charge point.';
    end if;
    return charging.make_charging_profile(v_profile);
end;
$$;
revoke all on function charging.find_charging_profile(bigint, bigint, jsonb) from public;
comment on function charging.find_charging_profile(bigint, bigint, jsonb) is
    'A charging profile as it is sent: the given one, or the stored one of that tenant.';
