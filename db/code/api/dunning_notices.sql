-- Reminders that were issued, read-only.
create or replace view api.dunning_notices
with (security_invoker = true) as
select
    n.tenant_id,
    n.id,
    n.invoice_id,
    n.account_id,
    n.level,
    n.issued_on,
    n.due_on,
    n.open_amount,
    n.fee,
    n.waived_at,
    n.waived_reason,
    n.created_at
from core.dunning_notices as n;

grant select (
    tenant_id, id, invoice_id, account_id, level, issued_on, due_on, open_amount, fee,
    waived_at, waived_reason, created_at
) on api.dunning_notices to staff, customer, platform;

comment on view api.dunning_notices is
    E'Reminders of overdue invoices.\n'
    'A fee is owed beside the invoice until it is paid or waived (waive_dunning_fee). Staff need '
    'the permission billing.read; customers see those of their accounts.';
comment on column api.dunning_notices.tenant_id is 'The tenant that owns the row.';
comment on column api.dunning_notices.id is 'Number of the reminder.';
comment on column api.dunning_notices.invoice_id is 'The invoice.';
comment on column api.dunning_notices.account_id is 'The account that pays.';
comment on column api.dunning_notices.level is 'Which one it is, from 1.';
comment on column api.dunning_notices.issued_on is
    'The date of it, in the zone of the legal entity.';
comment on column api.dunning_notices.due_on is 'Until when it asks to be paid.';
comment on column api.dunning_notices.open_amount is
    'What was open of the invoice then, without the fee of this reminder.';
comment on column api.dunning_notices.fee is 'What it cost; there is no VAT on it.';
comment on column api.dunning_notices.waived_at is 'When the fee was waived.';
comment on column api.dunning_notices.waived_reason is 'Why.';
comment on column api.dunning_notices.created_at is 'When the row was made.';
