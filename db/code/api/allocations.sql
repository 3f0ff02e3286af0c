-- What settled which invoice.
create or replace view api.allocations
with (security_invoker = true) as
select
    l.tenant_id,
    l.id,
    l.invoice_id,
    l.account_id,
    l.kind,
    l.payment_id,
    l.credit_note_id,
    l.amount,
    l.journal_id,
    l.created_by,
    l.created_at
from core.allocations as l;

grant select (
    tenant_id, id, invoice_id, account_id, kind, payment_id, credit_note_id, amount, journal_id,
    created_by, created_at
) on api.allocations to staff, customer, platform;

comment on view api.allocations is
    E'What settled how much of which invoice.\n'
    'Never changed: a payment that is returned is a row below zero.';
comment on column api.allocations.tenant_id is 'The tenant that owns the row.';
comment on column api.allocations.id is 'Number of the row.';
comment on column api.allocations.invoice_id is 'The invoice that is settled.';
comment on column api.allocations.account_id is 'The account that it is about.';
comment on column api.allocations.kind is 'payment, payment_return, credit_note or write_off.';
comment on column api.allocations.payment_id is 'The payment.';
comment on column api.allocations.credit_note_id is 'The credit note.';
comment on column api.allocations.amount is 'How much; below zero for a return.';
comment on column api.allocations.journal_id is 'The journal of a write-off or wallet payment.';
comment on column api.allocations.created_by is 'Who did it; null for a job.';
comment on column api.allocations.created_at is 'When the row was made.';
