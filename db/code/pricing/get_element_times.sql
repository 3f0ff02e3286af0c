-- When the restrictions of a tariff element hold in a session, or in a reservation.
--
-- Clock and calendar as pricing.get_clock_times; minimums are inclusive, maximums exclusive.
-- Duration counts from p_from. Cumulated energy is that of the readings, 0 without any. A power
-- or a current that is not known matches no limit on it. Who the element is for (the restriction
-- reservation) is left to the caller.
-- Called by: pricing.list_cuts.
-- p_times and p_energies_wh are the readings, energies counted from the first; p_powers_kw and
-- p_currents_a belong to the intervals that end with them and may be null where nothing asks.
-- Returns:   the ranges within [p_from, p_to), merged.
create or replace function pricing.get_element_times(
    p_restrictions jsonb,
    p_time_zone text,
    p_from timestamptz,
    p_to timestamptz,
    p_times timestamptz[],
    p_energies_wh numeric[],
    p_powers_kw numeric[],
    p_currents_a numeric[]
)
returns tstzmultirange
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_min_duration constant numeric := p_restrictions ->> 'min_duration';
    v_max_duration constant numeric := p_restrictions ->> 'max_duration';
    v_min_kwh constant numeric := p_restrictions ->> 'min_kwh';
    v_max_kwh constant numeric := p_restrictions ->> 'max_kwh';
    v_times tstzmultirange := tstzmultirange(tstzrange(p_from, p_to));
begin
    if p_restrictions ?| '{start_time,end_time,start_date,end_date,day_of_week}' then
        v_times := pricing.get_clock_times(p_restrictions, p_time_zone, p_from, p_to);
    end if;
    if v_min_duration is not null then
        v_times := v_times * tstzmultirange(tstzrange(
            p_from + make_interval(secs => v_min_duration::double precision), null
        ));
    end if;
    if v_max_duration is not null then
        v_times := v_times * tstzmultirange(tstzrange(
            null, p_from + make_interval(secs => v_max_duration::double precision)
        ));
    end if;
    if v_min_kwh is not null then
        v_times := v_times * tstzmultirange(tstzrange(
            coalesce(
                pricing.get_energy_time(p_from, p_times, p_energies_wh, v_min_kwh), 'infinity'
            ),
            null
        ));
    end if;
    if v_max_kwh is not null then
        v_times := v_times * tstzmultirange(tstzrange(
            null, pricing.get_energy_time(p_from, p_times, p_energies_wh, v_max_kwh)
        ));
    end if;
    if p_restrictions ?| '{min_power,max_power}' then
        v_times := v_times * pricing.get_level_times(
            p_times, p_powers_kw,
            (p_restrictions ->> 'min_power')::numeric, (p_restrictions ->> 'max_power')::numeric
        );
    end if;
    if p_restrictions ?| '{min_current,max_current}' then
        v_times := v_times * pricing.get_level_times(
            p_times, p_currents_a,
            (p_restrictions ->> 'min_current')::numeric, (p_restrictions ->> 'max_current')::numeric
        );
    end if;
    return v_times;
end;
$$;
revoke all on function pricing.get_element_times(
    jsonb, text, timestamptz, timestamptz, timestamptz[], numeric[], numeric[], numeric[]
) from public;
comment on function pricing.get_element_times(
    jsonb, text, timestamptz, timestamptz, timestamptz[], numeric[], numeric[], numeric[]
) is 'When the restrictions of a tariff element hold in a session.';

-- The first microsecond at which a session has cumulated an energy, null when it never does.
--
-- Energy is compared as pricing.get_energy_at tells it, in whole thousandths of a watt-hour: what
-- is finer counts as the next of them.
create or replace function pricing.get_energy_time(
    p_from timestamptz,
    p_times timestamptz[],
    p_energies_wh numeric[],
    p_kwh numeric
)
returns timestamptz
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_energy_wh constant numeric := ceil(p_kwh * 1000000) / 1000;
    v_no integer;
    v_gap_us numeric;
    v_wanted numeric;
    v_us numeric;
begin
    if v_energy_wh <= 0 then
        return p_from;
    end if;
    select r.no into v_no
    from unnest(p_energies_wh) with ordinality as r (energy_wh, no)
    where r.energy_wh >= v_energy_wh
    order by r.no
    limit 1;
    if v_no is null or v_no = 1 then
        return p_times[v_no];
    end if;
    v_gap_us := extract(epoch from p_times[v_no] - p_times[v_no - 1]) * 1000000;
    v_wanted := (v_energy_wh - p_energies_wh[v_no - 1]) * v_gap_us;
    -- Rounded up without a division that rounds.
    v_us := div(v_wanted, p_energies_wh[v_no] - p_energies_wh[v_no - 1]);
    if v_us * (p_energies_wh[v_no] - p_energies_wh[v_no - 1]) < v_wanted then
        v_us := v_us + 1;
    end if;
    return p_times[v_no - 1] + v_us::double precision * interval '1 microsecond';
end;
$$;
revoke all on function pricing.get_energy_time(timestamptz, timestamptz[], numeric[], numeric)
from public;
comment on function pricing.get_energy_time(timestamptz, timestamptz[], numeric[], numeric) is
    'When a session has cumulated an energy.';

-- The intervals between readings whose level lies between two limits, the lower one inclusive.
create or replace function pricing.get_level_times(
    p_times timestamptz[],
    p_levels numeric[],
    p_min numeric,
    p_max numeric
)
returns tstzmultirange
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_min is null and p_max is null then
        return '{(,)}';
    end if;
    return coalesce(
        (
            select range_agg(tstzrange(r.from_at, r.to_at))
            from (
                select lag(t.at) over (order by t.no), t.at, t.level
                from unnest(p_times, p_levels) with ordinality as t (at, level, no)
            ) as r (from_at, to_at, level)
            where
                r.from_at is not null
                and r.level >= coalesce(p_min, r.level)
                and (p_max is null or r.level < p_max)
        ),
        '{}'
    );
end;
$$;
revoke all on function pricing.get_level_times(timestamptz[], numeric[], numeric, numeric)
from public;
comment on function pricing.get_level_times(timestamptz[], numeric[], numeric, numeric) is
    'The intervals between readings whose level lies between two limits.';
