-- Refuse a charging profile that no charge point could be given.
--
-- Called by: trigger charging_profiles__check, before insert or update, for each row.
-- Errors:    PT400 charging_profile_invalid.
-- Definer:   people hold no right on schema charging.
create or replace function charging.tg_charging_profiles__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform charging.check_charging_profile(charging.make_charging_profile(new));
    return new;
end;
$$;
revoke all on function charging.tg_charging_profiles__check() from public;
comment on function charging.tg_charging_profiles__check() is
    'Trigger: refuse a charging profile that no charge point could be given.';

-- A stored profile in the words of OCPP 1.6 §7.8, without a number.
create or replace function charging.make_charging_profile(p_profile core.charging_profiles)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_strip_nulls(
        jsonb_build_object(
            'stackLevel', p_profile.stack_level,
            'chargingProfilePurpose', p_profile.purpose,
            'chargingProfileKind', p_profile.kind,
            'recurrencyKind', p_profile.recurrency_kind,
            'validFrom', ocpp.format_timestamp(p_profile.valid_from),
            'validTo', ocpp.format_timestamp(p_profile.valid_to)
        )
    ) || jsonb_build_object('chargingSchedule', p_profile.schedule);
end;
$$;
revoke all on function charging.make_charging_profile(core.charging_profiles) from public;
comment on function charging.make_charging_profile(core.charging_profiles) is
    'A stored charging profile in the words of OCPP 1.6.';
