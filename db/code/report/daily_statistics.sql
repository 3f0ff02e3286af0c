-- Sessions and money by local day, EVSE and tariff, for analysts: what the job refresh_facts made.
create or replace view report.daily_statistics
with (security_barrier = true) as
select
    x.tenant_id,
    x.day,
    c.site_id,
    x.charge_point_id,
    x.evse_id,
    x.tariff_id,
    coalesce(x.currency, o.currency) as currency,
    count(*) filter (where x.state = 'priced') as transactions,
    coalesce(sum(x.energy_wh) filter (where x.state = 'priced'), 0) as energy_wh,
    coalesce(sum(x.charging_s), 0) as charging_s,
    coalesce(sum(x.parking_s), 0) as parking_s,
    coalesce(sum(x.reserved_s), 0) as reserved_s,
    coalesce(sum(x.total_excl_vat), 0) as total_excl_vat,
    coalesce(sum(x.total_incl_vat - x.total_excl_vat), 0) as vat,
    coalesce(sum(x.total_incl_vat), 0) as total_incl_vat,
    count(*) filter (
        where x.state = 'priced' and num_nulls(x.total_excl_vat, x.total_incl_vat) > 0
    ) as tax_unknown,
    count(*) filter (where x.state = 'held') as held,
    count(*) filter (where x.state = 'written_off') as written_off,
    count(*) filter (where x.state = 'waiting') as waiting,
    coalesce(sum(x.energy_wh) filter (where x.state <> 'priced'), 0) as unbilled_energy_wh,
    count(x.session_id) as sessions,
    count(*) filter (where x.outcome = 'successful') as successful,
    count(*) filter (where x.outcome = 'failed') as failed,
    count(*) filter (where x.outcome = 'refused') as refused,
    count(*) filter (where x.outcome = 'unknown') as unknown
from core.transaction_facts as x
inner join core.charge_points as c on c.tenant_id = x.tenant_id and c.id = x.charge_point_id
inner join core.tenants as o on o.id = x.tenant_id
where x.tenant_id = (select claims.tenant_id())
group by
    x.tenant_id, x.day, c.site_id, x.charge_point_id, x.evse_id, x.tariff_id,
    coalesce(x.currency, o.currency);

grant select on report.daily_statistics to analyst;

comment on view report.daily_statistics is
    'Sessions, energy and money by local day, EVSE and tariff: the figures of '
    'api.transaction_statistics, a few seconds old at most. Sum up counts and amounts, and '
    'divide after that.';
comment on column report.daily_statistics.tenant_id is 'Your tenant.';
comment on column report.daily_statistics.day is 'The local day of the end of the sessions.';
comment on column report.daily_statistics.site_id is
    'The site of the charge point now; null without one.';
comment on column report.daily_statistics.charge_point_id is 'The charge point, of charge_points.';
comment on column report.daily_statistics.evse_id is 'The EVSE, of evses; null when none is known.';
comment on column report.daily_statistics.tariff_id is
    'The tariff that priced them or was offered; null for none.';
comment on column report.daily_statistics.currency is 'ISO 4217.';
comment on column report.daily_statistics.transactions is 'Priced transactions.';
comment on column report.daily_statistics.energy_wh is 'Their energy, in watt-hours.';
comment on column report.daily_statistics.charging_s is 'Their seconds of charging.';
comment on column report.daily_statistics.parking_s is
    'Their seconds connected without charging (idle).';
comment on column report.daily_statistics.reserved_s is 'Their seconds of reservation.';
comment on column report.daily_statistics.total_excl_vat is 'Net revenue.';
comment on column report.daily_statistics.vat is 'VAT.';
comment on column report.daily_statistics.total_incl_vat is 'Gross revenue.';
comment on column report.daily_statistics.tax_unknown is
    'Priced transactions of which net or gross is not known, and so missing there.';
comment on column report.daily_statistics.held is 'Held transactions.';
comment on column report.daily_statistics.written_off is 'Written-off transactions.';
comment on column report.daily_statistics.waiting is 'Sessions that are over and not judged yet.';
comment on column report.daily_statistics.unbilled_energy_wh is
    'Energy of sessions that are not priced, in watt-hours.';
comment on column report.daily_statistics.sessions is 'Sessions that are over.';
comment on column report.daily_statistics.successful is 'Sessions where energy flowed.';
comment on column report.daily_statistics.failed is 'Sessions where none did.';
comment on column report.daily_statistics.refused is
    'Sessions whose token was refused and where no energy flowed.';
comment on column report.daily_statistics.unknown is 'Sessions whose registers do not tell.';
