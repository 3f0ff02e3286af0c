-- OCPP 1.6 §5.16, SetChargingProfile: number the profile, and check it against what the charge
-- point can do.
--
-- chargingProfileId is the next number of the charge point when left out, and transactionId of a
-- TxProfile the session that runs on the connector.
-- Called by: fleet.queue_command.
-- Errors:    PT400 charging_profile_invalid, charging_profile_connector (§3.13.1: the whole charge
--            point for ChargePointMaxProfile, a connector for TxProfile); PT404 connector_unknown;
--            PT409 session_not_running, charging_profile_beyond_limits.
create or replace function ocpp16.prepare_set_charging_profile(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_profile jsonb := p_payload -> 'csChargingProfiles';
    v_purpose constant text := v_profile ->> 'chargingProfilePurpose';
    v_connector_id constant integer := ocpp.get_integer(p_payload, 'connectorId');
    v_session core.sessions;
begin
    if v_connector_id is null or jsonb_typeof(v_profile) is distinct from 'object' then
        -- The schema says what is wrong.
        return p_payload;
    end if;
    perform charging.check_charging_profile(v_profile);
    if
        v_purpose = 'ChargePointMaxProfile' and v_connector_id <> 0
        or v_purpose = 'TxProfile' and v_connector_id = 0
    then
        raise exception using
            errcode = 'PT400',
            message = 'the profile does not belong on this connector',
            detail = '{"error":"charging_profile_connector"}',
            hint = 'ChargePointMaxProfile goes on connector 0, TxProfile on another.';
    end if;
    perform fleet.require_connector(p_charge_point, v_connector_id);
    if v_purpose = 'TxProfile' then
        v_session := charging.find_running_session(
            p_charge_point, v_connector_id, ocpp.get_integer(v_profile, 'transactionId')
        );
        v_profile := v_profile || jsonb_build_object(
            'transactionId', v_session.transaction_id::integer
        );
    end if;
    if v_profile -> 'chargingProfileId' is null then
        -- Numbers are given one at a time.
        perform
        from core.charge_points as c
        where c.tenant_id = p_charge_point.tenant_id and c.id = p_charge_point.id
        for no key update;
        v_profile := v_profile || jsonb_build_object(
            'chargingProfileId',
            (
                select coalesce(max(i.profile_no), 0) + 1
                from core.charging_profile_installations as i
                where
                    i.tenant_id = p_charge_point.tenant_id
                    and i.charge_point_id = p_charge_point.id
                    and i.profile_no < 2147483647
            )
        );
    end if;
    perform charging.check_profile_limits(p_charge_point, v_connector_id, v_profile);
    return p_payload || jsonb_build_object('csChargingProfiles', v_profile);
end;
$$;
revoke all on function ocpp16.prepare_set_charging_profile(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_set_charging_profile(core.charge_points, jsonb) is
    'OCPP 1.6 SetChargingProfile: number the profile and check it.';
