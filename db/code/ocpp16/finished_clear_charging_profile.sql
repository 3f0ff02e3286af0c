-- OCPP 1.6 §5.5, ClearChargingProfile.conf: profiles that no longer stand on the charge point.
--
-- A number names one profile; without it, connector, purpose and stack level name all that meet
-- them, and nothing at all names all (§6.13). Unknown says that the charge point has none such:
-- what we took for installed is not.
-- Called by: when the command is finished, and by a late answer.
-- Writes:    core.charging_profile_installations.
create or replace function ocpp16.finished_clear_charging_profile(
    p_command ops.commands,
    p_payload jsonb,
    p_result jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_status constant text := lower(ocpp.get_text(p_result, 'status'));
    v_profile_no constant integer := ocpp.get_integer(p_payload, 'id');
    v_connector_id constant integer := ocpp.get_integer(p_payload, 'connectorId');
    v_purpose constant text := p_payload ->> 'chargingProfilePurpose';
    v_stack_level constant integer := ocpp.get_integer(p_payload, 'stackLevel');
begin
    if v_status in ('accepted', 'unknown') then
        update core.charging_profile_installations as i
        set state = 'cleared', ended_at = coalesce(p_command.answered_at, now())
        where
            i.tenant_id = p_command.tenant_id
            and i.charge_point_id = p_command.charge_point_id
            and i.state in ('installed', 'unknown')
            -- A late answer says nothing of what came after the question.
            and coalesce(i.command_id < p_command.id, true)
            and case
                when v_profile_no is not null then i.profile_no = v_profile_no
                else
                    (v_connector_id is null or i.ocpp16_connector_id = v_connector_id)
                    and (v_purpose is null or i.purpose = v_purpose)
                    and (v_stack_level is null or i.stack_level = v_stack_level)
            end;
    end if;
end;
$$;
revoke all on function ocpp16.finished_clear_charging_profile(ops.commands, jsonb, jsonb)
from public;
comment on function ocpp16.finished_clear_charging_profile(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 ClearChargingProfile.conf: profiles that no longer stand on the charge point.';
