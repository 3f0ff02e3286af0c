-- OCPP 1.6 §7.11, ChargingProfileStatus: what stands on the charge point now.
--
-- Accepted installs the profile and ends what it replaces: what was sent before it, for the answer
-- may be late. Rejected and NotSupported install
-- nothing, nor does an error. A TxProfile whose session is over by now stays cleared.
-- Called by: when the command is finished, and by a late answer.
-- Writes:    core.charging_profile_installations.
create or replace function ocpp16.finished_set_charging_profile(
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
    v_status constant text := left(ocpp.get_text(p_result, 'status'), 50);
    v_at constant timestamptz := coalesce(p_command.answered_at, now());
begin
    update core.charging_profile_installations as i
    set
        state = case
            when p_command.state = 'accepted' then 'installed'
            when p_command.state in ('unknown', 'cancelled') then p_command.state
            when p_command.state = 'expired' then 'cancelled'
            else 'rejected'
        end,
        status_reported = coalesce(v_status, p_command.error_code),
        installed_at = case when p_command.state = 'accepted' then v_at end,
        ended_at = case when p_command.state not in ('accepted', 'unknown') then v_at end
    where
        i.tenant_id = p_command.tenant_id
        and i.command_id = p_command.id
        and i.state in ('requested', 'unknown');
    if not found or p_command.state <> 'accepted' then
        return;
    end if;
    update core.charging_profile_installations as i
    set state = 'replaced', ended_at = v_at
    where
        i.tenant_id = p_command.tenant_id
        and i.charge_point_id = p_command.charge_point_id
        and coalesce(i.command_id < p_command.id, true)
        and i.state in ('installed', 'unknown')
        and charging.is_profile_replaced(
            i, ocpp.get_integer(p_payload, 'connectorId'), p_payload -> 'csChargingProfiles'
        );
end;
$$;
revoke all on function ocpp16.finished_set_charging_profile(ops.commands, jsonb, jsonb)
from public;
comment on function ocpp16.finished_set_charging_profile(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 SetChargingProfile.conf: what stands on the charge point now.';
