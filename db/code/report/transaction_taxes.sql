-- VAT of each transaction by rate, for analysts.
create or replace view report.transaction_taxes
with (security_barrier = true) as
select
    r.tenant_id,
    r.transaction_id,
    n.no::integer as tax_no,
    (r.ended_at at time zone coalesce(l.time_zone, o.time_zone))::date as day,
    r.currency,
    (n.tax ->> 'vat')::numeric as vat_percent,
    (n.tax ->> 'net')::numeric as net,
    (n.tax ->> 'tax')::numeric as vat,
    (n.tax ->> 'gross')::numeric as gross
from core.transactions as t
inner join core.ratings as r
    on r.tenant_id = t.tenant_id and r.transaction_id = t.id and r.version = t.rating_version
left join core.sessions as s on s.tenant_id = t.tenant_id and s.id = t.session_id
left join core.reservations as e on e.tenant_id = t.tenant_id and e.id = t.reservation_id
inner join core.charge_points as c
    on
        c.tenant_id = t.tenant_id
        and c.id = coalesce(s.charge_point_id, e.charge_point_id)
inner join core.tenants as o on o.id = t.tenant_id
left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
cross join lateral jsonb_array_elements(r.result -> 'taxes') with ordinality as n (tax, no)
where t.tenant_id = (select claims.tenant_id()) and t.state = 'priced';

grant select on report.transaction_taxes to analyst;

comment on view report.transaction_taxes is
    'Net, VAT and gross of priced transactions by rate of VAT, rounded so that they sum to the '
    'totals of the transaction.';
comment on column report.transaction_taxes.tenant_id is 'Your tenant.';
comment on column report.transaction_taxes.transaction_id is 'The transaction, of transactions.';
comment on column report.transaction_taxes.tax_no is 'Place among its rates.';
comment on column report.transaction_taxes.day is
    'The local day that it counts on: that of its end.';
comment on column report.transaction_taxes.currency is 'ISO 4217.';
comment on column report.transaction_taxes.vat_percent is 'Rate of VAT.';
comment on column report.transaction_taxes.net is 'Net amount at this rate.';
comment on column report.transaction_taxes.vat is 'VAT at this rate.';
comment on column report.transaction_taxes.gross is 'Gross amount at this rate.';
