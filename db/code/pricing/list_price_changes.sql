-- When a price may change because of the clock alone, strictly between two moments.
--
-- A moment is listed at which the times, dates or weekdays of any element begin or cease to hold;
-- cumulated energy, power, current and duration belong to a session and are
-- pricing.cut_session's.
-- Called by: pricing.cut_session's callers and api.price, for periods made by others.
-- p_compiled is what pricing.compile_tariff returns; all of its tariffs count.
create or replace function pricing.list_price_changes(
    p_compiled jsonb,
    p_time_zone text,
    p_from timestamptz,
    p_to timestamptz
)
returns setof timestamptz
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select distinct c.at
    from jsonb_path_query(p_compiled, '$.tariffs[*].elements[*].restrictions') as r (restrictions)
    cross join lateral unnest(
        pricing.get_clock_times(r.restrictions, p_time_zone, p_from, p_to)
    ) as t (span)
    cross join lateral (values (lower(t.span)), (upper(t.span))) as c (at)
    where
        r.restrictions
        ?| '{start_time,end_time,start_date,end_date,day_of_week}'::text[]
        and c.at > p_from
        and c.at < p_to
    order by c.at
$$;
revoke all on function pricing.list_price_changes(jsonb, text, timestamptz, timestamptz)
from public;
comment on function pricing.list_price_changes(jsonb, text, timestamptz, timestamptz) is
    'When the clock changes a price between two moments.';
