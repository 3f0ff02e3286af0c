-- Every charging session with its price, for analysts: straight from the base tables.
create or replace view report.sessions
with (security_barrier = true) as
select
    s.tenant_id,
    s.id as session_id,
    t.id as transaction_id,
    c.site_id,
    s.charge_point_id,
    s.evse_id,
    s.connector_id,
    s.id_token_id,
    s.user_id,
    s.protocol,
    s.state::text as state,
    s.authorization_status,
    z.time_zone,
    s.started_at,
    s.ended_at,
    s.started_at at time zone z.time_zone as started_local,
    s.ended_at at time zone z.time_zone as ended_local,
    extract(epoch from s.ended_at - s.started_at) as duration_s,
    s.meter_start_wh::numeric as meter_start_wh,
    s.meter_stop_wh::numeric as meter_stop_wh,
    s.energy_wh::numeric as energy_wh,
    s.stop_reason,
    s.hold_reason,
    s.flags,
    case
        when t.id is not null then t.state
        when s.state = 'active' then null
        when s.authorization_status <> 'Accepted' and s.energy_wh = 0 then 'refused'
        else 'waiting'
    end as billing_state,
    t.hold_reasons,
    v.tariff_id,
    f.tariff_version_id,
    s.created_at,
    s.updated_at
from core.sessions as s
inner join core.charge_points as c on c.tenant_id = s.tenant_id and c.id = s.charge_point_id
inner join core.tenants as o on o.id = s.tenant_id
left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
left join core.transactions as t on t.tenant_id = s.tenant_id and t.session_id = s.id
left join core.session_tariffs as f on f.tenant_id = s.tenant_id and f.session_id = s.id
left join core.tariff_versions as v
    on v.tenant_id = f.tenant_id and v.id = f.tariff_version_id
cross join lateral (select coalesce(l.time_zone, o.time_zone) as time_zone) as z
where s.tenant_id = (select claims.tenant_id());

grant select on report.sessions to analyst;

comment on view report.sessions is
    'Charging sessions as they are now, running ones among them. What they cost stands in '
    'transactions.';
comment on column report.sessions.tenant_id is 'Your tenant.';
comment on column report.sessions.session_id is 'Number of the session.';
comment on column report.sessions.transaction_id is 'Its transaction; null before there is one.';
comment on column report.sessions.site_id is 'The site of the charge point now; null without one.';
comment on column report.sessions.charge_point_id is 'The charge point, of charge_points.';
comment on column report.sessions.evse_id is 'The EVSE, of evses; null when none is known.';
comment on column report.sessions.connector_id is 'The connector; null when none is known.';
comment on column report.sessions.id_token_id is
    'Number of the registered token; null for others. What it says is no figure: it is enough '
    'to charge with.';
comment on column report.sessions.user_id is 'The person whose token it is; without a name.';
comment on column report.sessions.protocol is 'OCPP version it was reported in.';
comment on column report.sessions.state is 'active; presumed_ended (over as it seems); ended.';
comment on column report.sessions.authorization_status is
    'What the charger was told about the token.';
comment on column report.sessions.time_zone is 'The clock of the place.';
comment on column report.sessions.started_at is 'When it started.';
comment on column report.sessions.ended_at is 'When it ended; null while it runs.';
comment on column report.sessions.started_local is 'When it started, by the clock of the place.';
comment on column report.sessions.ended_local is 'When it ended, by the clock of the place.';
comment on column report.sessions.duration_s is 'Seconds from start to end; null while it runs.';
comment on column report.sessions.meter_start_wh is 'Register at the start, in watt-hours.';
comment on column report.sessions.meter_stop_wh is 'Register at the end, in watt-hours.';
comment on column report.sessions.energy_wh is
    'Energy in watt-hours, so far while it runs; null when the registers do not tell.';
comment on column report.sessions.stop_reason is 'Why it ended, as the charger said.';
comment on column report.sessions.hold_reason is
    'What the check of its energy found first; null for nothing.';
comment on column report.sessions.flags is 'What was odd without being a reason to hold.';
comment on column report.sessions.billing_state is
    'priced, held, written_off, waiting (over, not judged yet) or refused (token refused and no '
    'energy: nothing to bill); null while it runs.';
comment on column report.sessions.hold_reasons is 'Everything that it is held for.';
comment on column report.sessions.tariff_id is 'The tariff that it was offered.';
comment on column report.sessions.tariff_version_id is 'The version of it.';
comment on column report.sessions.created_at is 'When the row was made.';
comment on column report.sessions.updated_at is 'When the row was last changed.';
