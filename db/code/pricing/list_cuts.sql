-- The moments within a session at which its price or its state changes.
--
-- Of each dimension the first element in force counts (OCPI 2.3.0 mod_tariffs, TariffElement):
-- what an element has in force and no earlier one had is its own, and a cut is made where what
-- one element owns begins or ends. An element that is never the first for anything cuts nothing.
-- That of an expired reservation comes before those of any reservation, as pricing.compile_tariff
-- orders them. A FLAT is due once, when one is first in force: that it changes later cuts nothing
-- (but where it depends on power or current, which a period tells for all of itself).
-- Called by: pricing.cut_session.
-- p_reservations names the kinds of reservation whose elements count, null asks for those
-- without: elements of reservations never price charging, and the reverse. p_charging and
-- p_parking are the ranges in which TIME and PARKING_TIME count, and ENERGY in both. The other
-- arguments are those of pricing.get_element_times.
-- Returns:   ascending, each once, strictly between p_from and p_to.
create or replace function pricing.list_cuts(
    p_elements jsonb,
    p_reservations text[],
    p_time_zone text,
    p_from timestamptz,
    p_to timestamptz,
    p_charging tstzmultirange,
    p_parking tstzmultirange,
    p_times timestamptz[],
    p_energies_wh numeric[],
    p_powers_kw numeric[],
    p_currents_a numeric[]
)
returns timestamptz[]
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_whole constant tstzmultirange := tstzmultirange(tstzrange(p_from, p_to));
    -- What no element has taken yet.
    v_energy_left tstzmultirange := v_whole;
    v_time_left tstzmultirange := p_charging;
    v_parking_left tstzmultirange := p_parking;
    v_flat_at timestamptz := 'infinity';
    v_flat_until timestamptz;
    v_taken tstzmultirange[] := array[p_parking];
    v_cuts timestamptz[];
    v_element jsonb;
    v_components jsonb;
    v_restrictions jsonb;
    v_reservation text;
    v_times tstzmultirange;
begin
    for v_element in
        select e.element
        from jsonb_array_elements(p_elements) with ordinality as e (element, no)
        order by
            e.element #>> '{restrictions,reservation}' = 'RESERVATION_EXPIRES' desc nulls last, e.no
    loop
        v_restrictions := coalesce(nullif(v_element -> 'restrictions', 'null'), '{}');
        v_reservation := v_restrictions ->> 'reservation';
        continue when v_reservation is null and p_reservations is not null;
        continue when v_reservation is not null
            and not coalesce(v_reservation = any(p_reservations), false);
        v_times := case
            when v_restrictions = '{}' then v_whole
            else pricing.get_element_times(
                v_restrictions, p_time_zone, p_from, p_to, p_times, p_energies_wh, p_powers_kw,
                p_currents_a
            )
        end;
        continue when isempty(v_times);
        v_components := v_element -> 'price_components';
        if p_reservations is null and v_components @> '[{"type": "ENERGY"}]' then
            v_taken := v_taken || (v_times * v_energy_left);
            v_energy_left := v_energy_left - v_times;
        end if;
        if v_components @> '[{"type": "TIME"}]' then
            v_taken := v_taken || (v_times * v_time_left);
            v_time_left := v_time_left - v_times;
        end if;
        if v_components @> '[{"type": "PARKING_TIME"}]' then
            v_taken := v_taken || (v_times * v_parking_left);
            v_parking_left := v_parking_left - v_times;
        end if;
        if v_components @> '[{"type": "FLAT"}]' and lower(v_times) < v_flat_at then
            v_flat_at := lower(v_times);
            -- The period in which it is due must not reach into levels that do not owe it.
            v_flat_until := case
                when v_restrictions ?| '{min_power,max_power,min_current,max_current}'
                    then (select upper(r.span) from unnest(v_times) as r (span) limit 1)
            end;
        end if;
    end loop;
    v_taken := v_taken || tstzmultirange(tstzrange(v_flat_at, null));
    v_cuts := array(
        select distinct c.at
        from unnest(v_taken) as t (times)
        cross join lateral unnest(t.times) as r (span)
        cross join lateral (values (lower(r.span)), (upper(r.span))) as c (at)
        where c.at > p_from and c.at < p_to
        order by c.at
    );
    if
        v_flat_until < p_to
        and not exists (
            select from unnest(v_cuts) as c (at) where c.at > v_flat_at and c.at <= v_flat_until
        )
    then
        v_cuts := array(select c.at from unnest(v_cuts || v_flat_until) as c (at) order by c.at);
    end if;
    return v_cuts;
end;
$$;
revoke all on function pricing.list_cuts(
    jsonb, text[], text, timestamptz, timestamptz, tstzmultirange, tstzmultirange, timestamptz[],
    numeric[], numeric[], numeric[]
) from public;
comment on function pricing.list_cuts(
    jsonb, text[], text, timestamptz, timestamptz, tstzmultirange, tstzmultirange, timestamptz[],
    numeric[], numeric[], numeric[]
) is 'The moments within a session at which its price or its state changes.';
