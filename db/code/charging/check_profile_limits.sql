-- Refuse a charging profile that is beyond what the charge point said of itself (OCPP 1.6 §9.4).
--
-- What it has not said bounds nothing: ChargeProfileMaxStackLevel, ChargingScheduleMaxPeriods,
-- ChargingScheduleAllowedChargingRateUnit (Current is A, Power is W), MaxChargingProfilesInstalled.
-- Called by: ocpp16.prepare_set_charging_profile.
-- Errors:    PT409 charging_profile_beyond_limits.
create or replace function charging.check_profile_limits(
    p_charge_point core.charge_points,
    p_ocpp16_connector_id integer,
    p_profile jsonb
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id constant bigint := p_charge_point.tenant_id;
    v_id constant bigint := p_charge_point.id;
    v_max_level constant integer := fleet.get_configuration_limit(
        v_tenant_id, v_id, 'ChargeProfileMaxStackLevel', 0
    );
    v_max_periods constant integer := fleet.get_configuration_limit(
        v_tenant_id, v_id, 'ChargingScheduleMaxPeriods', 1
    );
    v_max_profiles constant integer := fleet.get_configuration_limit(
        v_tenant_id, v_id, 'MaxChargingProfilesInstalled', 1
    );
    v_units constant text := fleet.get_configuration_value(
        v_tenant_id, v_id, 'ChargingScheduleAllowedChargingRateUnit'
    );
    v_unit constant text := p_profile #>> '{chargingSchedule,chargingRateUnit}';
    v_problem text;
begin
    if (p_profile ->> 'stackLevel')::integer > v_max_level then
        v_problem := format('the charge point has stack levels up to %s', v_max_level);
    elsif
        jsonb_array_length(p_profile #> '{chargingSchedule,chargingSchedulePeriod}')
        > v_max_periods
    then
        v_problem := format('the charge point takes %s periods', v_max_periods);
    elsif
        v_units ~* '\m(current|power|a|w)\M'
        and v_units !~* (case v_unit when 'A' then '\m(current|a)\M' else '\m(power|w)\M' end)
    then
        v_problem := format('the charge point takes no schedule in %s', v_unit);
    elsif (
        select count(*)
        from core.charging_profile_installations as i
        where
            i.tenant_id = v_tenant_id
            and i.charge_point_id = v_id
            and i.state in ('installed', 'unknown')
            and not charging.is_profile_replaced(i, p_ocpp16_connector_id, p_profile)
    ) >= v_max_profiles then
        v_problem := format('the charge point holds %s profiles', v_max_profiles);
    end if;
    if v_problem is not null then
        raise exception using
            errcode = 'PT409',
            message = v_problem,
            detail = '{"error":"charging_profile_beyond_limits"}',
            hint = 'Its configuration_keys name the limits; clear_charging_profile makes room.';
    end if;
end;
$$;
revoke all on function charging.check_profile_limits(core.charge_points, integer, jsonb)
from public;
comment on function charging.check_profile_limits(core.charge_points, integer, jsonb) is
    'Refuse a charging profile that is beyond what the charge point said of itself.';

-- Whether a profile takes the place of one that stands: it has its number, or its connector,
-- purpose and stack level (OCPP 1.6 §3.13.2, §5.16.3).
create or replace function charging.is_profile_replaced(
    p_installation core.charging_profile_installations,
    p_ocpp16_connector_id integer,
    p_profile jsonb
)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return p_installation.profile_no = ocpp.get_integer(p_profile, 'chargingProfileId')
        or p_installation.ocpp16_connector_id = p_ocpp16_connector_id
        and p_installation.purpose = p_profile ->> 'chargingProfilePurpose'
        and p_installation.stack_level = (p_profile ->> 'stackLevel')::integer;
end;
$$;
revoke all on function charging.is_profile_replaced(
    core.charging_profile_installations, integer, jsonb
) from public;
comment on function charging.is_profile_replaced(
    core.charging_profile_installations, integer, jsonb
) is 'Whether a charging profile takes the place of one that stands.';
