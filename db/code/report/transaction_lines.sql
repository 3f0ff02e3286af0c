-- What made the price of each transaction, for analysts: a row a line of the rating in force.
create or replace view report.transaction_lines
with (security_barrier = true) as
select
    r.tenant_id,
    r.transaction_id,
    n.no::integer as line_no,
    r.currency,
    n.line ->> 'bucket' as dimension,
    n.line ->> 'tariff_id' as tariff_code,
    (n.line ->> 'element_index')::integer as element_index,
    (n.line ->> 'component_index')::integer as component_index,
    (n.line ->> 'period_index')::integer as period_index,
    (n.line ->> 'measured')::numeric as measured,
    (n.line ->> 'billed')::numeric as billed,
    n.line ->> 'unit' as unit,
    (n.line ->> 'price')::numeric as price,
    (n.line ->> 'vat')::numeric as vat_percent,
    (n.line ->> 'cost_excl')::numeric as cost_excl_vat,
    (n.line ->> 'cost_incl')::numeric as cost_incl_vat
from core.transactions as t
inner join core.ratings as r
    on r.tenant_id = t.tenant_id and r.transaction_id = t.id and r.version = t.rating_version
cross join lateral jsonb_array_elements(r.result -> 'lines') with ordinality as n (line, no)
where t.tenant_id = (select claims.tenant_id()) and t.state = 'priced';

grant select on report.transaction_lines to analyst;

comment on view report.transaction_lines is
    'Lines of priced transactions: which component of the tariff charged what for how much. '
    'Amounts are exact; a transaction is rounded once, so its lines sum to exact_excl_vat and '
    'exact_incl_vat before a minimum or maximum price.';
comment on column report.transaction_lines.tenant_id is 'Your tenant.';
comment on column report.transaction_lines.transaction_id is 'The transaction, of transactions.';
comment on column report.transaction_lines.line_no is 'Place among its lines.';
comment on column report.transaction_lines.currency is 'ISO 4217.';
comment on column report.transaction_lines.dimension is
    'ENERGY, TIME, PARKING_TIME, FLAT, RESERVATION_TIME or RESERVATION_FLAT.';
comment on column report.transaction_lines.tariff_code is 'OCPI id of the tariff.';
comment on column report.transaction_lines.element_index is 'Element of the tariff, from 0.';
comment on column report.transaction_lines.component_index is
    'Price component of the element, from 0.';
comment on column report.transaction_lines.period_index is 'Charging period, from 0.';
comment on column report.transaction_lines.measured is 'What was measured, in unit.';
comment on column report.transaction_lines.billed is
    'What was charged for after the step size, in unit.';
comment on column report.transaction_lines.unit is
    'kWh or h; of a flat fee as the engine names it.';
comment on column report.transaction_lines.price is 'Price of a unit.';
comment on column report.transaction_lines.vat_percent is
    'Rate of VAT; null when the tariff names none.';
comment on column report.transaction_lines.cost_excl_vat is
    'Net amount, not rounded; null when it is not known.';
comment on column report.transaction_lines.cost_incl_vat is
    'Gross amount, not rounded; null when it is not known.';
