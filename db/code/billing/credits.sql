-- What could settle invoices and does not yet, or in part: the one home of that rule.
--
-- Payments for invoices that are there, and finalised credit notes, with what is left of each.
-- remaining is what the ledger has as credit; available leaves out what refunds that are on their
-- way will take. A payment that was returned after part of it had been refunded is below zero:
-- that part is owed.
-- No API role reads it: functions that act as the owner name the tenant and the account.
create or replace view billing.credits
with (security_invoker = true) as
select
    p.tenant_id,
    p.account_id,
    p.id as payment_id,
    null::bigint as credit_note_id,
    p.booked_on,
    p.currency,
    p.amount,
    case p.state when 'succeeded' then p.amount else 0 end
    - coalesce(a.allocated, 0) - coalesce(r.refunded, 0) as remaining,
    case p.state when 'succeeded' then p.amount else 0 end
    - coalesce(a.allocated, 0) - coalesce(r.claimed, 0) as available
from core.payments as p
left join lateral (
    select sum(l.amount) as allocated
    from core.allocations as l
    where l.tenant_id = p.tenant_id and l.payment_id = p.id
) as a on true
left join lateral (
    select
        sum(f.amount) filter (where f.state = 'succeeded') as refunded,
        sum(f.amount) filter (
            where f.state in ('pending', 'submitted', 'unknown', 'succeeded')
        ) as claimed
    from core.payments as f
    where f.tenant_id = p.tenant_id and f.refunded_payment_id = p.id
) as r on true
where p.direction = 'in' and p.purpose = 'invoice' and p.state in ('succeeded', 'returned')
union all
select
    i.tenant_id,
    i.account_id,
    null::bigint as payment_id,
    i.id as credit_note_id,
    i.issued_on as booked_on,
    i.currency,
    i.total_incl_vat as amount,
    i.total_incl_vat - coalesce(a.allocated, 0) as remaining,
    i.total_incl_vat - coalesce(a.allocated, 0) as available
from core.invoices as i
left join lateral (
    select sum(l.amount) as allocated
    from core.allocations as l
    where l.tenant_id = i.tenant_id and l.credit_note_id = i.id
) as a on true
where i.kind = 'credit_note' and i.state = 'finalised';

comment on view billing.credits is
    'Payments and credit notes of accounts with what is left of each to settle invoices.';
