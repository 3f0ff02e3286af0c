-- When the clock restrictions of a tariff element hold between two moments.
--
-- start_time, end_time, start_date, end_date and day_of_week of an OCPI TariffRestrictions object
-- are read on the local clock and calendar (OCPI 2.3.0 mod_tariffs, TariffRestrictions): starts
-- inclusive, ends exclusive, a missing start_time is 00:00 and a missing end_time 24:00, equal
-- times are the whole day, and a window over midnight is two pieces of each day: weekday and
-- dates are those of the day on which a piece lies.
-- Called by: pricing.get_element_times, pricing.list_price_changes.
-- Returns:   the ranges within [p_from, p_to), merged.
create or replace function pricing.get_clock_times(
    p_restrictions jsonb,
    p_time_zone text,
    p_from timestamptz,
    p_to timestamptz
)
returns tstzmultirange
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Two pieces of a day, counted from midnight; the second is empty but for windows over it.
    v_begin_1 interval := coalesce(p_restrictions ->> 'start_time', '00:00');
    v_end_1 interval := coalesce(p_restrictions ->> 'end_time', '24:00');
    v_begin_2 interval := '24:00';
    v_start_date constant date := p_restrictions ->> 'start_date';
    v_end_date constant date := p_restrictions ->> 'end_date';
    v_weekdays constant jsonb := nullif(nullif(p_restrictions -> 'day_of_week', 'null'), '[]');
    v_from timestamptz := p_from;
    v_to timestamptz;
    v_offset interval;
    v_stretch tstzrange;
    v_day date;
    v_last_day date;
    v_midnight timestamptz;
    v_times tstzmultirange := '{}';
begin
    if v_begin_1 = v_end_1 then
        v_begin_1 := '00:00';
        v_end_1 := '24:00';
    elsif v_begin_1 > v_end_1 then
        v_begin_2 := v_begin_1;
        v_begin_1 := '00:00';
    end if;
    -- Where the offset to UTC stays, local days are as regular as those of UTC: a clock that is
    -- set forward or back ends one stretch and begins the next.
    while v_from < p_to loop
        v_to := pricing.get_next_clock_change(p_time_zone, v_from, p_to);
        v_offset := (v_from at time zone p_time_zone) - (v_from at time zone 'UTC');
        v_stretch := tstzrange(v_from, v_to);
        v_day := v_from at time zone p_time_zone;
        v_last_day := (v_to at time zone 'UTC') + v_offset;
        while v_day <= v_last_day loop
            if
                (v_start_date is null or v_day >= v_start_date)
                and (v_end_date is null or v_day < v_end_date)
                and (v_weekdays is null or v_weekdays ? pricing.get_weekday(v_day))
            then
                v_midnight := (v_day::timestamp - v_offset) at time zone 'UTC';
                v_times := v_times + tstzmultirange(
                    v_stretch * tstzrange(v_midnight + v_begin_1, v_midnight + v_end_1),
                    v_stretch * tstzrange(v_midnight + v_begin_2, v_midnight + interval '24:00')
                );
            end if;
            v_day := v_day + 1;
        end loop;
        v_from := v_to;
    end loop;
    return v_times;
end;
$$;
revoke all on function pricing.get_clock_times(jsonb, text, timestamptz, timestamptz) from public;
comment on function pricing.get_clock_times(jsonb, text, timestamptz, timestamptz) is
    'When the times, dates and weekdays of a tariff element hold between two moments.';

-- The name of a day as OCPI writes it (OCPI 2.3.0 mod_tariffs, DayOfWeek).
create or replace function pricing.get_weekday(p_day date)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        '{MONDAY,TUESDAY,WEDNESDAY,THURSDAY,FRIDAY,SATURDAY,SUNDAY}'::text[]
    )[extract(isodow from p_day)::integer];
end;
$$;
revoke all on function pricing.get_weekday(date) from public;
comment on function pricing.get_weekday(date) is 'The name of a day as OCPI writes it.';

-- The first moment after p_from at which the clock of a zone is set forward or back, p_to at the
-- latest.
--
-- PostgreSQL tells the offset of a moment but not when it changes: days are compared, and one
-- that has a change is halved down to the second (zones change at whole seconds of UTC).
create or replace function pricing.get_next_clock_change(
    p_time_zone text,
    p_from timestamptz,
    p_to timestamptz
)
returns timestamptz
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offset constant interval := (p_from at time zone p_time_zone) - (p_from at time zone 'UTC');
    v_before timestamptz := p_from;
    v_after timestamptz;
    v_middle timestamptz;
begin
    loop
        v_after := least(v_before + interval '24:00', p_to);
        exit when (v_after at time zone p_time_zone) - (v_after at time zone 'UTC') <> v_offset;
        if v_after >= p_to then
            return p_to;
        end if;
        v_before := v_after;
    end loop;
    v_before := date_trunc('second', v_before, 'UTC');
    v_after := date_trunc('second', v_after, 'UTC');
    while v_after - v_before > interval '1 second' loop
        v_middle := date_trunc('second', v_before + (v_after - v_before) / 2, 'UTC');
        if (v_middle at time zone p_time_zone) - (v_middle at time zone 'UTC') = v_offset then
            v_before := v_middle;
        else
            v_after := v_middle;
        end if;
    end loop;
    return v_after;
end;
$$;
revoke all on function pricing.get_next_clock_change(text, timestamptz, timestamptz) from public;
comment on function pricing.get_next_clock_change(text, timestamptz, timestamptz) is
    'The first moment at which the clock of a zone is set forward or back.';
