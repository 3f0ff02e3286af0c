-- Keep readings of a charge point: one wide row per timestamp, in Wh, W, A, V and degrees Celsius.
--
-- Called by: ocpp16.meter_values, ocpp16.stop_transaction.
-- Writes:    core.meter_values; live figures of core.sessions (row locked); as
--            fleet.is_within_volume.
-- p_meter_values is a list as OCPP 1.6 §7.33 describes it:
--     [{"timestamp": ..., "sampledValue": [{"value", "context", "format", "measurand", "phase",
--       "location", "unit"}, ...]}, ...]
-- and what a charger sends in its place is kept as well. p_session_id is null when no session
-- is known by p_transaction_id, which is kept as sent. p_attach_until is the end of a session
-- that is over: later readings stay unattached, and none reopens it (quirk 68).
-- p_is_of_other_evse says that the charger named another EVSE than the session's: such readings
-- are attached, but do not touch its live figures.
-- A reading that comes again meets its own row and changes nothing, but for attaching it when it
-- was kept unattached and its session is known by now.
--
-- One message must not hold up the others (measured: 60,000 samples that were all read took more
-- than 15 s): 200 samples a reading, 20,000 samples and 2,000 readings a message are read. What
-- is beyond is kept as sent, as one list in other_samples.
--
-- A sample goes to its column when the column says all of it: an absent measurand is
-- Energy.Active.Import.Register, an absent unit that of the measurand, an absent location Outlet
-- (and Inlet for EVSE 0, the main meter). The first of two samples for one column wins; of
-- contexts in one reading Transaction.End does, and Transaction.Begin comes last.
-- Everything else stands in other_samples as it was sent. Flags of a row:
--     time_clamped      its time cannot be true or has no partition: filed under received_at
--     unit_kwh unit_kw  scaled by 1000 from what was sent
--     unit_assumed      energy in the unit that the charger is known to mean (its quirk
--                       energy_unit), not in the one that it said
--     unit_temperature  converted from Fahrenheit or Kelvin (the sample is kept as sent, too)
--     unit_conflict     a unit that its measurand cannot have: not read
--     value_unreadable  a value that is no number ("", "NaN", "12,5") or out of its range
--     signed_data       holds a signed value
--     mixed_contexts    its samples name more than one context
--     too_many_samples  not all of it was read
--     connector_mismatch  of another EVSE than the session's
--     measurand_unknown, context_unknown
-- Figures are kept to the sixth decimal, in magnitude up to 1e12 of their unit.
-- Of a charge point that has sent more than fleet.max_readings today, nothing is kept here.
create or replace function charging.record_meter_values(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_evse_no smallint,
    p_session_id bigint,
    p_transaction_id text,
    p_attach_until timestamptz,
    p_received_at timestamptz,
    p_meter_values jsonb,
    p_is_of_other_evse boolean default false
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_readings constant jsonb := case jsonb_typeof(p_meter_values)
        when 'array' then p_meter_values
        else jsonb_build_array(p_meter_values)
    end;
    v_reading_count constant integer := jsonb_array_length(v_readings);
    v_transaction_id constant text := left(p_transaction_id, 100);
    v_lower_at timestamptz;
    v_upper_at timestamptz;
    v_samples_left integer := 20000;
    v_is_rest boolean := false;
    v_sample_count integer;
    v_is_cut boolean;
    v_reading jsonb;
    v_samples jsonb;
    v_sample jsonb;
    v_measurand text;
    v_unit text;
    v_phase text;
    v_location text;
    v_sample_context text;
    v_text text;
    v_number numeric;
    v_place integer;
    v_flag text;
    v_values numeric[];
    v_holders integer[];
    v_other_samples jsonb[];
    v_flags text[];
    v_context text;
    v_at timestamptz;
    v_is_clamped boolean;
    v_hash bigint;
    v_session_id bigint;
    v_newest_at timestamptz;
    v_energy_wh numeric;
    v_power_w numeric;
    v_soc_percent numeric;
    v_energy_unit text;
    v_has_room boolean;
begin
    -- Most stops bring none.
    if p_meter_values is null then
        return;
    end if;
    -- One look for all that is needed, as this runs for every message. Few have this quirk: whether
    -- anybody does is asked first. Whether there is room is what fleet.is_within_volume answers.
    select
        p.lower_at, p.upper_at,
        case
            when
                cp.quirks ? 'energy_unit'
                or exists (select from core.model_quirks as q where q.quirks ? 'energy_unit')
                then lower(fleet.get_quirks(cp) ->> 'energy_unit')
        end,
        not exists (
            select
            from ops.charge_point_volumes as v
            where
                v.tenant_id = p_tenant_id
                and v.charge_point_id = p_charge_point_id
                and v.kind = 'readings'
                and v.counted_since > clock_timestamp() - interval '1 day'
                and v.amount >= (
                    select s.value::bigint
                    from ops.settings as s
                    where s.name = 'fleet.max_readings'
                )
        )
    into v_lower_at, v_upper_at, v_energy_unit, v_has_room
    from ops.partitioned_tables as p
    left join core.charge_points as cp
        on cp.tenant_id = p_tenant_id and cp.id = p_charge_point_id
    where p.table_name = 'core.meter_values';
    -- Of small messages one in twenty is counted, as twenty.
    if v_reading_count >= 20 or random() < 0.05 then
        v_has_room := fleet.is_within_volume(
            p_tenant_id, p_charge_point_id, 'readings',
            case when v_reading_count >= 20 then 1 else 20 end * v_reading_count
        );
    end if;
    if not v_has_room then
        return;
    end if;

    -- Loops rather than one statement over all samples: most messages hold one reading of a few
    -- samples, and starting such a statement costs more than reading them (measured: 320 µs a
    -- message of six samples against 90 µs).
    for v_reading_no in 0 .. least(v_reading_count, 2001) - 1 loop
        exit when v_is_rest;
        v_is_rest := v_reading_no = 2000 or v_samples_left < 1;
        v_reading := v_readings -> v_reading_no;
        if v_is_rest then
            v_reading := jsonb_path_query_array(
                v_readings, '$[$no to last]', jsonb_build_object('no', v_reading_no)
            );
        end if;
        v_samples := v_reading -> 'sampledValue';
        case jsonb_typeof(v_samples)
            when 'array' then
                null;
            when 'object' then
                v_samples := jsonb_build_array(v_samples);
            else
                v_samples := jsonb_build_array(v_reading);
        end case;
        continue when v_samples in ('[]', '[null]');
        v_values := array_fill(null::numeric, '{18}');
        v_holders := '{}';
        v_other_samples := null;
        v_flags := '{}';
        v_context := null;
        v_sample_count := jsonb_array_length(v_samples);
        v_is_cut := v_sample_count > least(200, greatest(v_samples_left, 1));
        if v_is_cut then
            v_sample_count := least(200, greatest(v_samples_left, 1));
        end if;
        v_samples_left := v_samples_left - v_sample_count;

        for v_no in 0 .. v_sample_count - 1 loop
            v_sample := v_samples -> v_no;
            v_measurand := coalesce(v_sample ->> 'measurand', 'Energy.Active.Import.Register');
            v_text := v_sample ->> 'value';
            v_unit := v_sample ->> 'unit';
            v_phase := v_sample ->> 'phase';
            v_location := v_sample ->> 'location';
            v_sample_context := coalesce(v_sample ->> 'context', 'Sample.Periodic');
            v_flag := null;
            if v_context is null then
                v_context := v_sample_context;
            elsif v_context <> v_sample_context then
                if 'mixed_contexts' <> all(v_flags) then
                    v_flags := v_flags || '{mixed_contexts}';
                end if;
                if v_context = 'Transaction.Begin' or v_sample_context = 'Transaction.End' then
                    v_context := v_sample_context;
                end if;
            end if;

            -- 1: import, 2: export, 3 to 6: power and by phase, 7: power offered, 8 to 11:
            -- current, 12: current offered, 13 to 16: voltage, 17: state of charge (a matter of
            -- the vehicle, wherever it is said to be), 18: temperature.
            v_place := case v_measurand
                when 'Energy.Active.Import.Register' then 1
                when 'Power.Active.Import' then 3
                when 'Current.Import' then 8
                when 'Voltage' then 13
                when 'SoC' then 17
                when 'Current.Offered' then 12
                when 'Power.Offered' then 7
                when 'Temperature' then 18
                when 'Energy.Active.Export.Register' then 2
            end;
            if v_phase is not null then
                v_place := case when v_place in (3, 8, 13) then v_place end + case v_phase
                    when 'L1' then 1 when 'L2' then 2 when 'L3' then 3
                    when 'L1-N' then 1 when 'L2-N' then 2 when 'L3-N' then 3
                end;
            end if;
            if
                v_location is not null and v_place <> 17 and v_location <> 'Outlet'
                and not (v_location = 'Inlet' and p_evse_no = 0)
                and not (v_location = 'Body' and v_place = 18)
            then
                v_place := null;
            end if;

            if coalesce(v_sample ->> 'format', 'Raw') <> 'Raw' then
                v_place := null;
                v_flag := 'signed_data';
            else
                v_number := ocpp.parse_numeric(v_text);
                if v_number is null then
                    v_place := null;
                    v_flag := 'value_unreadable';
                elsif v_place is null then
                    if not charging.is_measurand(v_measurand) then
                        v_flag := 'measurand_unknown';
                    end if;
                elsif
                    v_place < 3
                    and v_energy_unit <> lower(coalesce(v_unit, 'Wh'))
                    and lower(coalesce(v_unit, 'Wh')) in ('wh', 'kwh')
                then
                    -- What the charger means, whatever it says (quirk 56).
                    if v_energy_unit = 'kwh' then
                        v_number := v_number * 1000;
                    end if;
                    v_flag := 'unit_assumed';
                elsif v_unit is not null then
                    v_unit := lower(v_unit);
                    case
                        when
                            v_unit = 'wh' and v_place < 3
                            or v_unit = 'w' and v_place between 3 and 7
                            or v_unit = 'a' and v_place between 8 and 12
                            or v_unit = 'v' and v_place between 13 and 16
                            or v_unit in ('percent', '%') and v_place = 17
                            or v_unit in ('celsius', 'celcius') and v_place = 18
                        then
                            null;
                        when v_place < 3 and v_unit = 'kwh' then
                            v_number := v_number * 1000;
                            v_flag := 'unit_kwh';
                        when v_place between 3 and 7 and v_unit = 'kw' then
                            v_number := v_number * 1000;
                            v_flag := 'unit_kw';
                        when v_place = 18 and v_unit = 'k' then
                            v_number := v_number - 273.15;
                            v_flag := 'unit_temperature';
                        when v_place = 18 and v_unit = 'fahrenheit' then
                            v_number := round((v_number - 32) / 1.8, 2);
                            v_flag := 'unit_temperature';
                        else
                            v_place := null;
                            v_flag := 'unit_conflict';
                    end case;
                end if;
                if
                    v_number not between -1e12 and 1e12
                    or v_place = 17 and v_number not between 0 and 100
                then
                    v_place := null;
                    v_flag := 'value_unreadable';
                elsif scale(v_number) > 6 then
                    -- 1e-46 is no real.
                    v_number := trim_scale(round(v_number, 6));
                end if;
            end if;

            if v_place is not null and v_values[v_place] is not null then
                if
                    v_sample_context = 'Transaction.End'
                    or v_samples -> v_holders[v_place] ->> 'context' = 'Transaction.Begin'
                    and v_sample_context <> 'Transaction.Begin'
                then
                    v_sample := v_samples -> v_holders[v_place];
                    v_values[v_place] := v_number;
                    v_holders[v_place] := v_no;
                end if;
                v_place := null;
            elsif v_place is not null then
                v_values[v_place] := v_number;
                v_holders[v_place] := v_no;
            end if;
            if v_place is null or v_flag = 'unit_temperature' then
                -- In place, so that many cost no more than their number.
                v_other_samples := array_append(v_other_samples, v_sample);
            end if;
            if v_flag is not null and v_flag <> all(v_flags) then
                v_flags := v_flags || v_flag;
            end if;
        end loop;
        if v_is_cut or v_is_rest then
            v_flags := v_flags || '{too_many_samples}';
        end if;
        if v_is_cut then
            v_other_samples := array_append(
                v_other_samples,
                jsonb_path_query_array(
                    v_samples, '$[$no to last]', jsonb_build_object('no', v_sample_count)
                )
            );
        end if;

        v_text := v_reading ->> 'timestamp';
        v_at := ocpp.parse_timestamp(v_text);
        v_hash := jsonb_hash_extended(v_reading, 0);
        v_is_clamped := not coalesce(
            v_at >= v_lower_at and v_at < v_upper_at and (
                v_at <= p_received_at
                or v_at < p_received_at + make_interval(
                    secs => access.get_setting('charging.clock_tolerance_s')::double precision
                )
            ),
            false
        );
        if v_is_clamped then
            v_at := p_received_at;
            v_flags := v_flags || '{time_clamped}';
            -- Without a time of its own, a reading is told from its like by its transaction.
            v_hash := jsonb_hash_extended(
                v_reading, hashtextextended(coalesce(v_transaction_id, ''), 0)
            );
            continue when charging.is_known_reading(
                p_tenant_id, p_charge_point_id, p_evse_no, p_received_at, v_hash
            );
        end if;
        -- OCPP 1.6 §7.36.
        if
            v_context <> 'Sample.Periodic' and v_context not in (
                'Sample.Clock', 'Transaction.Begin', 'Transaction.End', 'Trigger',
                'Interruption.Begin', 'Interruption.End', 'Other'
            )
        then
            v_flags := v_flags || '{context_unknown}';
        end if;
        if p_is_of_other_evse then
            v_flags := v_flags || '{connector_mismatch}';
        end if;
        v_flags := case
            when v_flags <> '{}'
                then array(select f.flag from unnest(v_flags) as f (flag) order by f.flag)
        end;
        v_session_id := case
            when p_attach_until is null or v_at <= p_attach_until then p_session_id
        end;

        insert into core.meter_values (
            tenant_id, charge_point_id, evse_no, session_id, transaction_id, sampled_at,
            sampled_at_reported, received_at, context, energy_wh, energy_export_wh, power_w,
            power_l1_w, power_l2_w, power_l3_w, power_offered_w, current_a, current_l1_a,
            current_l2_a, current_l3_a, current_offered_a, voltage_v, voltage_l1_v, voltage_l2_v,
            voltage_l3_v, soc_percent, temperature_celsius, other_samples, flags, payload_hash
        )
        values (
            p_tenant_id, p_charge_point_id, p_evse_no, v_session_id, v_transaction_id, v_at,
            case when v_is_clamped then left(v_text, 100) end, p_received_at,
            left(v_context, 100), v_values[1],
            v_values[2], v_values[3], v_values[4], v_values[5], v_values[6], v_values[7],
            v_values[8], v_values[9], v_values[10], v_values[11], v_values[12], v_values[13],
            v_values[14], v_values[15], v_values[16], v_values[17], v_values[18],
            to_jsonb(v_other_samples),
            v_flags, v_hash
        )
        on conflict do nothing;
        -- Not as `on conflict do update`: every first insert would pay for it.
        if not found and v_session_id is not null then
            update core.meter_values as m
            set session_id = v_session_id,
                transaction_id = v_transaction_id,
                flags = v_flags
            where
                m.tenant_id = p_tenant_id
                and m.charge_point_id = p_charge_point_id
                and m.evse_no = p_evse_no
                and m.sampled_at = v_at
                and m.payload_hash = v_hash
                and m.session_id is null;
        end if;

        if found and v_session_id is not null and not p_is_of_other_evse then
            v_number := coalesce(
                v_values[3],
                case
                    when num_nonnulls(v_values[4], v_values[5], v_values[6]) > 0
                        then coalesce(v_values[4], 0) + coalesce(v_values[5], 0)
                            + coalesce(v_values[6], 0)
                end
            );
            if v_newest_at is null or v_at >= v_newest_at then
                v_newest_at := v_at;
                v_energy_wh := coalesce(v_values[1], v_energy_wh);
                v_power_w := coalesce(v_number, v_power_w);
                v_soc_percent := coalesce(v_values[17], v_soc_percent);
            else
                v_energy_wh := coalesce(v_energy_wh, v_values[1]);
                v_power_w := coalesce(v_power_w, v_number);
                v_soc_percent := coalesce(v_soc_percent, v_values[17]);
            end if;
        end if;
    end loop;

    if v_newest_at is not null then
        update core.sessions as s
        set last_meter_wh = coalesce(v_energy_wh, s.last_meter_wh),
            energy_wh = case
                when v_energy_wh >= s.meter_start_wh then v_energy_wh - s.meter_start_wh
                else s.energy_wh
            end,
            power_w = coalesce(v_power_w, s.power_w),
            soc_percent = coalesce(v_soc_percent, s.soc_percent),
            last_reading_at = v_newest_at,
            ended_at = case
                when s.state = 'presumed_ended' then greatest(s.ended_at, v_newest_at)
            end,
            updated_at = now()
        where
            s.tenant_id = p_tenant_id
            and s.id = p_session_id
            and s.state <> 'ended'
            and (s.last_reading_at is null or v_newest_at >= s.last_reading_at);
    end if;
end;
$$;
revoke all on function charging.record_meter_values(
    bigint, bigint, smallint, bigint, text, timestamptz, timestamptz, jsonb, boolean
) from public;
comment on function charging.record_meter_values(
    bigint, bigint, smallint, bigint, text, timestamptz, timestamptz, jsonb, boolean
) is 'Keep readings of a charge point and the live figures of their session.';

-- A reading whose time cannot be true is filed under the time of receipt, so its key does not
-- tell that it comes again: look for its like among those of the last day. p_payload_hash is of
-- the reading and of its transaction id.
create or replace function charging.is_known_reading(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_evse_no smallint,
    p_received_at timestamptz,
    p_payload_hash bigint
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from core.meter_values as m
        where
            m.tenant_id = p_tenant_id
            and m.charge_point_id = p_charge_point_id
            and m.evse_no = p_evse_no
            and m.sampled_at between p_received_at - interval '1 day' and p_received_at
            and m.payload_hash = p_payload_hash
            and m.flags @> '{time_clamped}'
    );
end;
$$;
revoke all on function charging.is_known_reading(bigint, bigint, smallint, timestamptz, bigint)
from public;
comment on function charging.is_known_reading(bigint, bigint, smallint, timestamptz, bigint) is
    'Whether a reading of an impossible time was kept within the last day.';

create or replace function charging.is_measurand(p_measurand text)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- OCPP 1.6 §7.31.
    return p_measurand in (
        'Energy.Active.Import.Register', 'Energy.Active.Export.Register',
        'Energy.Reactive.Import.Register', 'Energy.Reactive.Export.Register',
        'Energy.Active.Import.Interval', 'Energy.Active.Export.Interval',
        'Energy.Reactive.Import.Interval', 'Energy.Reactive.Export.Interval',
        'Power.Active.Import', 'Power.Active.Export', 'Power.Reactive.Import',
        'Power.Reactive.Export', 'Power.Factor', 'Power.Offered', 'Current.Import',
        'Current.Export', 'Current.Offered', 'Voltage', 'Frequency', 'Temperature', 'SoC', 'RPM'
    );
end;
$$;
revoke all on function charging.is_measurand(text) from public;
comment on function charging.is_measurand(text) is 'Whether OCPP 1.6 knows a measurand.';
