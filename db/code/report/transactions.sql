-- Transactions with the rating that is in force, for analysts: straight from the base tables.
create or replace view report.transactions
with (security_barrier = true) as
select
    t.tenant_id,
    t.id as transaction_id,
    t.session_id,
    t.reservation_id,
    t.state,
    c.site_id,
    c.id as charge_point_id,
    s.evse_id,
    coalesce(s.id_token_id, e.id_token_id) as id_token_id,
    coalesce(s.user_id, e.user_id) as user_id,
    z.time_zone,
    b.started_at,
    b.ended_at,
    b.started_at at time zone z.time_zone as started_local,
    b.ended_at at time zone z.time_zone as ended_local,
    (b.ended_at at time zone z.time_zone)::date as day,
    coalesce(r.energy_wh, s.energy_wh::numeric) as energy_wh,
    r.charging_s,
    r.parking_s,
    r.reserved_s,
    r.currency,
    r.total_excl_vat,
    r.total_incl_vat - r.total_excl_vat as vat,
    r.total_incl_vat,
    r.exact_excl_vat,
    r.exact_incl_vat,
    v.tariff_id,
    r.tariff_version_id,
    r.tariff_hash,
    r.version as rating_version,
    r.reason as rating_reason,
    r.engine_version,
    r.rated_at,
    t.hold_reasons,
    t.held_at,
    t.created_at,
    t.updated_at
from core.transactions as t
left join core.sessions as s on s.tenant_id = t.tenant_id and s.id = t.session_id
left join core.reservations as e on e.tenant_id = t.tenant_id and e.id = t.reservation_id
inner join core.charge_points as c
    on
        c.tenant_id = t.tenant_id
        and c.id = coalesce(s.charge_point_id, e.charge_point_id)
inner join core.tenants as o on o.id = t.tenant_id
left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
left join core.ratings as r
    on
        r.tenant_id = t.tenant_id
        and r.transaction_id = t.id
        and r.version = t.rating_version
        and t.state = 'priced'
left join core.tariff_versions as v on v.tenant_id = r.tenant_id and v.id = r.tariff_version_id
cross join lateral (select coalesce(l.time_zone, o.time_zone) as time_zone) as z
cross join lateral (
    select
        coalesce(r.started_at, s.started_at, e.created_at) as started_at,
        coalesce(r.ended_at, s.ended_at, e.expires_at) as ended_at
) as b
where t.tenant_id = (select claims.tenant_id());

grant select on report.transactions to analyst;

comment on view report.transactions is
    'Sessions that are over and reservations that nobody used, with what they cost. Only priced '
    'ones have a price: what a held or written-off one once cost is not billed.';
comment on column report.transactions.tenant_id is 'Your tenant.';
comment on column report.transactions.transaction_id is 'Number of the transaction.';
comment on column report.transactions.session_id is 'The session; null for a reservation.';
comment on column report.transactions.reservation_id is
    'The reservation that nobody used; null for a session.';
comment on column report.transactions.state is
    'priced; held (not billed, for hold_reasons); written_off (never billed).';
comment on column report.transactions.site_id is
    'The site of the charge point now; null without one.';
comment on column report.transactions.charge_point_id is 'The charge point, of charge_points.';
comment on column report.transactions.evse_id is 'The EVSE, of evses; null when none is known.';
comment on column report.transactions.id_token_id is
    'Number of the registered token; null for others. What it says is no figure: it is enough '
    'to charge with.';
comment on column report.transactions.user_id is 'The person whose token it is; without a name.';
comment on column report.transactions.time_zone is 'The clock of the place.';
comment on column report.transactions.started_at is 'When it began, as it was priced.';
comment on column report.transactions.ended_at is 'When it ended, as it was priced.';
comment on column report.transactions.started_local is 'When it began, by the clock of the place.';
comment on column report.transactions.ended_local is 'When it ended, by the clock of the place.';
comment on column report.transactions.day is 'The local day that it counts on: that of its end.';
comment on column report.transactions.energy_wh is
    'Energy in watt-hours: as it was priced, else as it was measured.';
comment on column report.transactions.charging_s is 'Seconds of charging, as they were priced.';
comment on column report.transactions.parking_s is
    'Seconds connected without charging (idle), as they were priced.';
comment on column report.transactions.reserved_s is 'Seconds of reservation, as they were priced.';
comment on column report.transactions.currency is 'ISO 4217.';
comment on column report.transactions.total_excl_vat is
    'Net amount; null when the tax within the price is not known.';
comment on column report.transactions.vat is 'VAT; null when net or gross is not known.';
comment on column report.transactions.total_incl_vat is
    'Gross amount; null when the tax upon the price is not known.';
comment on column report.transactions.exact_excl_vat is 'Net amount before it was rounded.';
comment on column report.transactions.exact_incl_vat is 'Gross amount before it was rounded.';
comment on column report.transactions.tariff_id is 'The tariff, of tariffs.';
comment on column report.transactions.tariff_version_id is 'The version of it.';
comment on column report.transactions.tariff_hash is 'SHA-256 of what it was priced with.';
comment on column report.transactions.rating_version is
    'Which calculation is in force: 1 is the first one.';
comment on column report.transactions.rating_reason is
    'Why it was made: ended, session_changed, released, corrected, rerated or expired.';
comment on column report.transactions.engine_version is 'Version of the pricing engine.';
comment on column report.transactions.rated_at is 'When it was calculated.';
comment on column report.transactions.hold_reasons is 'Everything that it is held for.';
comment on column report.transactions.held_at is 'Since when it is held.';
comment on column report.transactions.created_at is 'When it was made.';
comment on column report.transactions.updated_at is 'When it was last changed.';
