-- Start charging from afar (OCPP 1.6 §5.11).
--
-- Staff need commands.write and may name any token; what begins is authorised when it begins.
-- A driver names a place, as a rule by its EVSE id, and what would be refused there is refused
-- at once (charging.send_driver_start). The transaction that begins is tied to the command
-- (charging.find_command_of_start).
-- Errors:  those of fleet.send_commands, ocpp16.prepare_remote_start_transaction,
--          charging.send_driver_start and charging.find_charging_profile; PT400 evse_id_required,
--          charge_point_required for more than one place.
-- Definer: commands are written by functions only.
create or replace function api.remote_start_transaction(
    charge_point text default null,
    id_token text default null,
    connector integer default null,
    charging_profile jsonb default null,
    evse_id text default null,
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
    v_evse core.evses;
    v_charge_point text := remote_start_transaction.charge_point;
    v_connector_id integer := remote_start_transaction.connector;
    v_profile jsonb := remote_start_transaction.charging_profile;
begin
    -- One of two places would be passed over, and with it what connector counts.
    if
        num_nonnulls(
            remote_start_transaction.charge_point, remote_start_transaction.charge_point_group,
            remote_start_transaction.evse_id
        ) > 1
    then
        raise exception using
            errcode = 'PT400',
            message = 'name one place',
            detail = '{"error":"charge_point_required"}',
            hint = 'Send one of charge_point, charge_point_group and evse_id.';
    end if;
    if claims.role() = 'customer' then
        -- A driver neither limits nor keeps a command, nor starts a whole group.
        if
            num_nonnulls(
                remote_start_transaction.charging_profile,
                remote_start_transaction.charge_point_group,
                remote_start_transaction.keep, remote_start_transaction.expires_in_s
            ) > 0
        then
            perform access.require_permission('commands.write');
        end if;
        if num_nonnulls(v_charge_point, remote_start_transaction.evse_id) = 0 then
            raise exception using
                errcode = 'PT400',
                message = 'say where to charge',
                detail = '{"error":"evse_id_required"}',
                hint = 'Send evse_id, which stands on the charger, such as DE*ABC*E1234*1.';
        end if;
        return query
        select s.*
        from fleet.show_commands(
            array[
                charging.send_driver_start(
                    v_charge_point, remote_start_transaction.evse_id, v_connector_id,
                    remote_start_transaction.id_token
                )
            ]
        ) as s;
        return;
    end if;

    perform access.require_permission('commands.write');
    if remote_start_transaction.evse_id is not null then
        v_evse := fleet.find_evse(remote_start_transaction.evse_id);
        select cp.identity into v_charge_point
        from core.charge_points as cp
        where cp.tenant_id = v_evse.tenant_id and cp.id = v_evse.charge_point_id;
        -- Of an EVSE with one connector it is that one; else the charge point chooses.
        select case when count(*) = 1 then min(k.ocpp16_connector_id) end into v_connector_id
        from core.connectors as k
        where
            k.tenant_id = v_evse.tenant_id
            and k.evse_id = v_evse.id
            and k.connector_no = coalesce(remote_start_transaction.connector, k.connector_no);
        if v_connector_id is null and remote_start_transaction.connector is not null then
            raise exception using
                errcode = 'PT404',
                message = 'the EVSE has no such connector',
                detail = '{"error":"connector_unknown"}',
                hint = 'With evse_id, connector is the number of a connector within the EVSE.';
        end if;
    end if;
    if jsonb_typeof(v_profile) = 'number' then
        v_profile := charging.find_charging_profile(
            claims.tenant_id(), (v_profile #>> '{}')::numeric::bigint, null
        );
    end if;
    return query
    select s.*
    from fleet.show_commands(
        array(
            select q
            from fleet.send_commands(
                'RemoteStartTransaction',
                jsonb_strip_nulls(jsonb_build_object(
                    'idTag', remote_start_transaction.id_token,
                    'connectorId', v_connector_id,
                    'chargingProfile', v_profile
                )),
                v_charge_point, remote_start_transaction.charge_point_group,
                remote_start_transaction.keep, remote_start_transaction.expires_in_s
            ) as q
        )
    ) as s;
end;
$$;
revoke all on function api.remote_start_transaction(
    text, text, integer, jsonb, text, text, boolean, integer
) from public;
grant execute on function api.remote_start_transaction(
    text, text, integer, jsonb, text, text, boolean, integer
) to staff, customer, platform;
comment on function api.remote_start_transaction(
    text, text, integer, jsonb, text, text, boolean, integer
) is
    E'Start charging from afar.\n'
    'Staff name the charge point by its OCPP identity in charge_point (or by evse_id, or many by '
    'charge_point_group), any id_token, and perhaps a connector, by its OCPP number, and a '
    'charging_profile: a TxProfile as OCPP 1.6 has it, or the number of one of charging_profiles. '
    'keep and expires_in_s (seconds) say whether and how long to wait for a charge point that is '
    'away; the permission commands.write is needed.\n'
    'A driver names the evse_id that stands on the charger (or charge_point) and perhaps the '
    'number of the connector there; id_token may be left out by one who has only one. Returns the '
    'command, whose session_id is the session that began.';
