-- Invoices that are not settled, read-only.
create or replace view api.open_items
with (security_invoker = true) as
select
    o.tenant_id,
    o.invoice_id,
    o.account_id,
    o.legal_entity_id,
    o.number,
    o.issued_on,
    o.due_on,
    o.currency,
    o.total,
    o.fees,
    o.allocated as settled_amount,
    o.open_amount,
    greatest(v.today - o.due_on, 0) as days_overdue,
    n.level as dunning_level,
    o.payment_method,
    o.payment_reference,
    coalesce(y.is_on_its_way, false) as is_payment_on_its_way
from billing.open_items as o
inner join core.invoices as i on i.tenant_id = o.tenant_id and i.id = o.invoice_id
cross join lateral (
    select (now() at time zone (i.seller ->> 'time_zone'))::date as today
) as v
left join lateral (
    select max(d.level) as level
    from core.dunning_notices as d
    where d.tenant_id = o.tenant_id and d.invoice_id = o.invoice_id
) as n on true
left join lateral (
    select true as is_on_its_way
    from core.payments as p
    where
        p.tenant_id = o.tenant_id
        and p.invoice_id = o.invoice_id
        and p.direction = 'in'
        and p.state in ('pending', 'submitted', 'unknown')
    limit 1
) as y on true
where o.open_amount <> 0;

grant select (
    tenant_id, invoice_id, account_id, legal_entity_id, number, issued_on, due_on, currency,
    total, fees, settled_amount, open_amount, days_overdue, dunning_level, payment_method,
    payment_reference, is_payment_on_its_way
) on api.open_items to staff, customer, platform;

create trigger open_items__refuse_change
instead of insert or update or delete on api.open_items
for each row execute function audit.tg_view__refuse_change();

comment on view api.open_items is
    E'Open items: invoices of which something is to be paid, or was paid too much.\n'
    'Filter by account_id for the statement of one account. Staff need the permission '
    'billing.read; customers see those of their accounts.';
comment on column api.open_items.tenant_id is 'The tenant that owns the row.';
comment on column api.open_items.invoice_id is 'The invoice.';
comment on column api.open_items.account_id is 'The account that pays.';
comment on column api.open_items.legal_entity_id is 'The company that wrote it.';
comment on column api.open_items.number is 'The number of the document.';
comment on column api.open_items.issued_on is 'The date of the document.';
comment on column api.open_items.due_on is 'Until when it is to be paid.';
comment on column api.open_items.currency is 'ISO 4217 code of all its amounts.';
comment on column api.open_items.total is 'Gross of the invoice.';
comment on column api.open_items.fees is 'Fees of reminders that were not waived.';
comment on column api.open_items.settled_amount is
    'What payments, credit notes and write-offs settled.';
comment on column api.open_items.open_amount is
    'total and fees less settled_amount; below zero when too much was paid.';
comment on column api.open_items.days_overdue is
    'Days since it was due, in the zone of the legal entity; 0 while it is not.';
comment on column api.open_items.dunning_level is
    'The last reminder that was issued; null for none.';
comment on column api.open_items.payment_method is 'How it is to be paid.';
comment on column api.open_items.payment_reference is 'The reference to pay with (ISO 11649).';
comment on column api.open_items.is_payment_on_its_way is
    'Whether a payment for it has begun and its outcome is not known.';
