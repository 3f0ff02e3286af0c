-- What is open of each invoice: the one home of that rule.
--
-- Invoice plus dunning fees that were not waived, less what was allocated. Settled ones are in it
-- as well, with open_amount 0, and one that was paid too much is below zero: ask for
-- open_amount > 0. Credit notes are no open items; they are allocated to invoices.
-- Invoker, so that views of api over it show everybody their own; functions that act as the owner
-- name the tenant.
create or replace view billing.open_items
with (security_invoker = true) as
select
    i.tenant_id,
    i.id as invoice_id,
    i.account_id,
    i.legal_entity_id,
    i.currency,
    i.number,
    i.payment_method,
    i.payment_reference,
    i.issued_on,
    i.due_on,
    i.total_incl_vat as total,
    coalesce(f.fees, 0) as fees,
    coalesce(a.allocated, 0) as allocated,
    i.total_incl_vat + coalesce(f.fees, 0) - coalesce(a.allocated, 0) as open_amount
from core.invoices as i
left join lateral (
    select sum(n.fee) as fees
    from core.dunning_notices as n
    where n.tenant_id = i.tenant_id and n.invoice_id = i.id and n.waived_at is null
) as f on true
left join lateral (
    select sum(l.amount) as allocated
    from core.allocations as l
    where l.tenant_id = i.tenant_id and l.invoice_id = i.id
) as a on true
where i.state = 'finalised' and i.kind = 'invoice';

grant select on billing.open_items to staff, customer, platform;

comment on view billing.open_items is
    'Finalised invoices with what is open of each: total and fees less what was allocated; 0 for '
    'a settled one.';
