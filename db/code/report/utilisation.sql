-- How long each EVSE was used on each local day, for analysts.
--
-- Days without any session have their row, too; running sessions are part of it until now.
create or replace view report.utilisation
with (security_barrier = true) as
select
    x.tenant_id,
    c.site_id,
    c.id as charge_point_id,
    x.id as evse_id,
    g.day::date as day,
    round(a.available_s, 3) as available_s,
    coalesce(u.occupied_s, 0) + coalesce(w.running_s, 0) as occupied_s,
    coalesce(u.charging_s, 0) as charging_s,
    coalesce(u.parking_s, 0) as parking_s,
    round(
        (coalesce(u.occupied_s, 0) + coalesce(w.running_s, 0)) / nullif(a.available_s, 0), 4
    ) as utilisation
from core.evses as x
inner join core.charge_points as c on c.tenant_id = x.tenant_id and c.id = x.charge_point_id
inner join core.tenants as o on o.id = x.tenant_id
left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
cross join lateral (select coalesce(l.time_zone, o.time_zone) as time_zone) as z
left join lateral (
    select min(d.day) as first_day
    from core.evse_days as d
    where d.tenant_id = x.tenant_id and d.evse_id = x.id
) as f on true
left join lateral (
    -- The first of them: time of two sessions that overlap counts once.
    select min(s.started_at) as started_at
    from core.sessions as s
    where
        s.tenant_id = x.tenant_id
        and s.charge_point_id = x.charge_point_id
        and s.evse_id = x.id
        -- The first is what the index of open sessions asks for.
        and s.state <> 'ended'
        and s.state = 'active'
) as r on true
cross join lateral (
    -- One that was entered after it was used could be used before.
    select least(x.created_at, f.first_day::timestamp at time zone z.time_zone) as since_at
) as b
cross join lateral generate_series(
    date_trunc('day', b.since_at at time zone z.time_zone),
    now() at time zone z.time_zone,
    interval '1 day'
) as g (day)
cross join lateral (
    select
        g.day at time zone z.time_zone as lower_at,
        least((g.day + interval '1 day') at time zone z.time_zone, now()) as upper_at
) as d
cross join lateral (
    select extract(epoch from d.upper_at - greatest(d.lower_at, b.since_at)) as available_s
) as a
left join lateral (
    select
        round(extract(epoch from d.upper_at - greatest(d.lower_at, r.started_at)), 3) as running_s
) as w on r.started_at < d.upper_at
left join core.evse_days as u
    on u.tenant_id = x.tenant_id and u.evse_id = x.id and u.day = g.day::date
where x.tenant_id = (select claims.tenant_id()) and a.available_s > 0;

grant select on report.utilisation to analyst;

comment on view report.utilisation is
    'How long each EVSE was occupied on each local day of what it was there. Sum up seconds, '
    'and divide after that.';
comment on column report.utilisation.tenant_id is 'Your tenant.';
comment on column report.utilisation.site_id is
    'The site of the charge point now; null without one.';
comment on column report.utilisation.charge_point_id is 'The charge point, of charge_points.';
comment on column report.utilisation.evse_id is 'The EVSE, of evses.';
comment on column report.utilisation.day is 'The local day.';
comment on column report.utilisation.available_s is
    'Seconds of the day that it was there: since it was entered, or first used, and until now.';
comment on column report.utilisation.occupied_s is
    'Seconds of them that a session had it, running ones among them.';
comment on column report.utilisation.charging_s is 'Seconds of these that were priced as charging.';
comment on column report.utilisation.parking_s is
    'Seconds of these that were priced as connected without charging (idle).';
comment on column report.utilisation.utilisation is 'occupied_s of available_s, from 0 to 1.';
