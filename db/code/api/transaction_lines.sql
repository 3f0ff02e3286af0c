-- Lines of priced transactions: what each was paid for, by the rating that counts.
create or replace view api.transaction_lines
with (security_invoker = true) as
select
    t.tenant_id,
    t.id as transaction_id,
    n.line_no,
    r.version as rating_version,
    t.session_id,
    t.reservation_id,
    r.ended_at,
    r.currency,
    l.period_index,
    l.bucket,
    l.tariff_id,
    l.element_index,
    l.component_index,
    l.quantity,
    l.billed_quantity,
    l.measured,
    l.billed,
    l.unit,
    l.price,
    l.vat,
    l.cost_excl,
    l.cost_incl
from core.transactions as t
inner join core.ratings as r
    on
        r.tenant_id = t.tenant_id
        and r.transaction_id = t.id
        and r.version = t.rating_version
cross join lateral jsonb_array_elements(r.result -> 'lines') with ordinality as n (line, line_no)
cross join lateral jsonb_to_record(n.line) as l (
    period_index integer,
    bucket text,
    tariff_id text,
    element_index integer,
    component_index integer,
    quantity numeric,
    billed_quantity numeric,
    measured numeric,
    billed numeric,
    unit text,
    price numeric,
    vat numeric,
    cost_excl numeric,
    cost_incl numeric
)
where t.state = 'priced';

grant select (
    tenant_id, transaction_id, line_no, rating_version, session_id, reservation_id, ended_at,
    currency, period_index, bucket, tariff_id, element_index, component_index, quantity,
    billed_quantity, measured, billed, unit, price, vat, cost_excl, cost_incl
) on api.transaction_lines to staff, customer, platform;

create trigger transaction_lines__refuse_change
instead of insert or update or delete on api.transaction_lines
for each row execute function audit.tg_view__refuse_change();

comment on view api.transaction_lines is
    E'A line of a priced transaction: what was paid for, and at which price.\n'
    'Those of the rating that counts; ratings has the earlier ones. Ask for a transaction_id or a '
    'range of ended_at. The figures are exact: rounding comes once, in the totals.';
comment on column api.transaction_lines.tenant_id is 'The tenant that owns the row.';
comment on column api.transaction_lines.transaction_id is 'The transaction.';
comment on column api.transaction_lines.line_no is 'Number of the line within it, from 1.';
comment on column api.transaction_lines.rating_version is 'The calculation that it is of.';
comment on column api.transaction_lines.session_id is 'The session; null for a reservation.';
comment on column api.transaction_lines.reservation_id is
    'The reservation that nobody used; null for a session.';
comment on column api.transaction_lines.ended_at is 'When the session or the reservation ended.';
comment on column api.transaction_lines.currency is 'Of price, cost_excl and cost_incl.';
comment on column api.transaction_lines.period_index is 'The charging period, from 0.';
comment on column api.transaction_lines.bucket is
    'What is paid for: FLAT, ENERGY, TIME, PARKING_TIME, RESERVATION_FLAT or RESERVATION_TIME.';
comment on column api.transaction_lines.tariff_id is 'The tariff whose price it is.';
comment on column api.transaction_lines.element_index is 'Its element, from 0.';
comment on column api.transaction_lines.component_index is 'The component of that, from 0.';
comment on column api.transaction_lines.quantity is
    'What was measured, in seconds or watt-hours; 1 for FLAT.';
comment on column api.transaction_lines.billed_quantity is
    'The same after the step size of the price.';
comment on column api.transaction_lines.measured is 'What was measured, in unit.';
comment on column api.transaction_lines.billed is 'What is paid for, in unit.';
comment on column api.transaction_lines.unit is 'h, kWh or, for FLAT, a session.';
comment on column api.transaction_lines.price is 'Price of one unit, as the tariff says it.';
comment on column api.transaction_lines.vat is 'VAT in percent; null where the tariff has none.';
comment on column api.transaction_lines.cost_excl is
    'Cost without VAT, exact; null when it cannot be known.';
comment on column api.transaction_lines.cost_incl is
    'Cost with VAT, exact; null when it cannot be known.';
