-- OCPP 1.6 §5.16, SetChargingProfile: the installation as an object, from the moment it is asked
-- for.
--
-- Called by: fleet.queue_command.
-- Writes:    core.charging_profile_installations.
create or replace function ocpp16.queued_set_charging_profile(
    p_command ops.commands,
    p_payload jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_profile constant jsonb := p_payload -> 'csChargingProfiles';
begin
    insert into core.charging_profile_installations (
        tenant_id, charge_point_id, ocpp16_connector_id, profile_no, session_id, purpose,
        stack_level, profile, command_id
    )
    values (
        p_command.tenant_id,
        p_command.charge_point_id,
        ocpp.get_integer(p_payload, 'connectorId'),
        ocpp.get_integer(v_profile, 'chargingProfileId'),
        (
            select s.id
            from core.sessions as s
            where
                s.tenant_id = p_command.tenant_id
                and s.charge_point_id = p_command.charge_point_id
                and s.transaction_id = v_profile ->> 'transactionId'
        ),
        v_profile ->> 'chargingProfilePurpose',
        (v_profile ->> 'stackLevel')::integer,
        v_profile,
        p_command.id
    );
end;
$$;
revoke all on function ocpp16.queued_set_charging_profile(ops.commands, jsonb) from public;
comment on function ocpp16.queued_set_charging_profile(ops.commands, jsonb) is
    'OCPP 1.6 SetChargingProfile: the installation as an object.';
