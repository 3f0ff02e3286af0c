-- Refuse a charging profile that OCPP 1.6 §3.13 and §5.16 do not allow, whatever its schema says.
--
-- p_profile is a ChargingProfile of §7.8; chargingProfileId may be missing.
-- Called by: ocpp16.prepare_set_charging_profile, charging.tg_charging_profiles__check.
-- Errors:    PT400 charging_profile_invalid, whose message says what is wrong.
create or replace function charging.check_charging_profile(p_profile jsonb)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem constant text := coalesce(
        charging.find_profile_problem(p_profile),
        charging.find_schedule_problem(
            p_profile -> 'chargingSchedule', p_profile ->> 'chargingProfileKind'
        )
    );
begin
    if v_problem is not null then
        raise exception using
            errcode = 'PT400',
            message = v_problem,
            detail = '{"error":"charging_profile_invalid"}',
            hint = 'OCPP 1.6 §7.8 and §7.13 say how a profile and its schedule look.';
    end if;
end;
$$;
revoke all on function charging.check_charging_profile(jsonb) from public;
comment on function charging.check_charging_profile(jsonb) is
    'Refuse a charging profile that OCPP 1.6 does not allow.';

-- What is wrong with a profile but for its schedule; null when nothing is.
create or replace function charging.find_profile_problem(p_profile jsonb)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind constant text := p_profile ->> 'chargingProfileKind';
    v_purpose constant text := p_profile ->> 'chargingProfilePurpose';
    v_recurrency constant text := p_profile ->> 'recurrencyKind';
    v_from constant timestamptz := ocpp.parse_timestamp(p_profile ->> 'validFrom');
    v_to constant timestamptz := ocpp.parse_timestamp(p_profile ->> 'validTo');
begin
    return case
        when jsonb_typeof(p_profile) is distinct from 'object'
            then 'a charging profile is an object'
        when
            v_purpose is null
            or v_purpose not in ('ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile')
            then 'the purpose is ChargePointMaxProfile, TxDefaultProfile or TxProfile'
        when v_kind is null or v_kind not in ('Absolute', 'Recurring', 'Relative')
            then 'the kind is Absolute, Recurring or Relative'
        when (v_kind = 'Recurring') <> (v_recurrency is not null)
            then 'a recurrency kind belongs to the kind Recurring'
        when v_recurrency not in ('Daily', 'Weekly') then 'the recurrency kind is Daily or Weekly'
        when
            jsonb_typeof(p_profile -> 'stackLevel') is distinct from 'number'
            or (p_profile ->> 'stackLevel')::numeric not between 0 and 1000
            or (p_profile ->> 'stackLevel')::numeric % 1 <> 0
            then 'the stack level is a whole number from 0 on'
        when
            v_from is null and p_profile ->> 'validFrom' is not null
            or v_to is null and p_profile ->> 'validTo' is not null
            then 'the validity is bounded by moments of ISO 8601'
        when v_to <= v_from then 'the validity ends after it begins'
        when p_profile ? 'transactionId' and v_purpose <> 'TxProfile'
            then 'a transaction belongs to the purpose TxProfile'
    end;
end;
$$;
revoke all on function charging.find_profile_problem(jsonb) from public;
comment on function charging.find_profile_problem(jsonb) is
    'What is wrong with a charging profile but for its schedule.';

-- What is wrong with a schedule; null when nothing is. The first period starts at 0 (§5.16.4), and
-- each later than the one before. A recurring schedule starts somewhere, a relative one with the
-- session.
create or replace function charging.find_schedule_problem(p_schedule jsonb, p_kind text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_periods constant jsonb := p_schedule -> 'chargingSchedulePeriod';
    v_starts numeric[];
begin
    if jsonb_typeof(p_schedule) is distinct from 'object' then
        return 'the schedule is an object';
    end if;
    if
        p_schedule - array[
            'duration', 'startSchedule', 'chargingRateUnit', 'chargingSchedulePeriod',
            'minChargingRate'
        ] <> '{}'
    then
        return 'the schedule has a member that OCPP 1.6 does not know';
    end if;
    if coalesce(p_schedule ->> 'chargingRateUnit', '') not in ('A', 'W') then
        return 'the unit of a schedule is A or W';
    end if;
    if
        p_schedule ? 'duration'
        and jsonb_path_exists(
            p_schedule, 'strict $.duration ? (@ > 0 && @ <= 2147483647 && @ % 1 == 0)', '{}', true
        ) is not true
    then
        return 'the duration is a number of seconds';
    end if;
    if
        p_schedule ? 'minChargingRate'
        and jsonb_path_exists(
            p_schedule, 'strict $.minChargingRate ? (@ >= 0 && @ <= 1000000000)', '{}', true
        ) is not true
    then
        return 'the least rate is a number from 0 on';
    end if;
    if
        p_schedule ? 'startSchedule'
        and ocpp.parse_timestamp(p_schedule ->> 'startSchedule') is null
    then
        return 'the start of the schedule is a moment of ISO 8601';
    end if;
    if p_kind = 'Recurring' and not p_schedule ? 'startSchedule' then
        return 'a recurring schedule has a start';
    end if;
    if p_kind = 'Relative' and p_schedule ? 'startSchedule' then
        return 'a relative schedule starts with the session';
    end if;
    if
        jsonb_typeof(v_periods) is distinct from 'array'
        or jsonb_array_length(v_periods) not between 1 and 10000
        or jsonb_path_exists(v_periods, '$[*] ? (@.type() != "object")')
    then
        return 'the schedule has a list of periods';
    end if;
    if exists (
        select
        from jsonb_array_elements(v_periods) as p (period)
        where
            p.period - array['startPeriod', 'limit', 'numberPhases'] <> '{}'
            or jsonb_path_exists(
                p.period, 'strict $.startPeriod ? (@ >= 0 && @ <= 2147483647 && @ % 1 == 0)', '{}',
                true
            ) is not true
            or jsonb_path_exists(
                p.period, 'strict $.limit ? (@ >= 0 && @ <= 1000000000)', '{}', true
            ) is not true
            or p.period ? 'numberPhases'
            and jsonb_path_exists(
                p.period, 'strict $.numberPhases ? (@ == 1 || @ == 2 || @ == 3)', '{}', true
            ) is not true
    ) then
        return 'a period has a start in seconds, a limit from 0 on, and may have 1 to 3 phases';
    end if;
    v_starts := array(
        select (p.period ->> 'startPeriod')::numeric
        from jsonb_array_elements(v_periods) with ordinality as p (period, no)
        order by p.no
    );
    if v_starts[1] <> 0 then
        return 'the first period starts at 0';
    end if;
    if exists (
        select
        from generate_subscripts(v_starts, 1) as i (no)
        where v_starts[i.no] >= v_starts[i.no + 1]
    ) then
        return 'each period starts after the one before it';
    end if;
    return null;
end;
$$;
revoke all on function charging.find_schedule_problem(jsonb, text) from public;
comment on function charging.find_schedule_problem(jsonb, text) is
    'What is wrong with a charging schedule.';
