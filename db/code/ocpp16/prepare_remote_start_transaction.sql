-- OCPP 1.6 §5.11, RemoteStartTransaction: what may not be sent, and the number of a profile.
--
-- Called by: fleet.queue_command.
-- The connector, if one is named, is one of the charge point's and not 0. A charging profile is a
-- TxProfile, and names no transaction: there is none yet (§5.11, §7.8). Its chargingProfileId is
-- the next number of the charge point when left out.
-- Errors:    PT400 connector_invalid, charging_profile_invalid; PT404 connector_unknown.
create or replace function ocpp16.prepare_remote_start_transaction(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_profile constant jsonb := p_payload -> 'chargingProfile';
begin
    perform fleet.require_single_connector(
        p_charge_point, ocpp.get_integer(p_payload, 'connectorId')
    );
    if
        v_profile ->> 'chargingProfilePurpose' <> 'TxProfile'
        or v_profile -> 'transactionId' is not null
    then
        raise exception using
            errcode = 'PT400',
            message = 'a remote start takes a TxProfile without a transactionId',
            detail = '{"error":"charging_profile_invalid"}',
            hint = 'Other profiles are installed with set_charging_profile.';
    end if;
    if jsonb_typeof(v_profile) is distinct from 'object' then
        -- There is none, or the schema says what is wrong.
        return p_payload;
    end if;
    perform charging.check_charging_profile(v_profile);
    if v_profile -> 'chargingProfileId' is null then
        return jsonb_set(
            p_payload, '{chargingProfile,chargingProfileId}',
            (
                select to_jsonb(coalesce(max(i.profile_no), 0) + 1)
                from core.charging_profile_installations as i
                where
                    i.tenant_id = p_charge_point.tenant_id
                    and i.charge_point_id = p_charge_point.id
                    and i.profile_no < 2147483647
            )
        );
    end if;
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_remote_start_transaction(
    core.charge_points, jsonb
) from public;
comment on function ocpp16.prepare_remote_start_transaction(core.charge_points, jsonb) is
    'OCPP 1.6 RemoteStartTransaction: refuse a wrong connector or charging profile.';
