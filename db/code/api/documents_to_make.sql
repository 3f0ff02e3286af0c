-- Invoices whose documents are still to be made, read-only; retry_documents tries again.
create or replace view api.documents_to_make
with (security_invoker = true) as
select
    d.tenant_id,
    d.invoice_id,
    d.queued_at,
    d.attempts,
    d.next_attempt_at,
    d.problem,
    d.parked_at
from ops.documents_to_make as d;

grant select (
    tenant_id, invoice_id, queued_at, attempts, next_attempt_at, problem, parked_at
) on api.documents_to_make to staff, platform;

comment on view api.documents_to_make is
    E'Invoices whose documents are still to be made.\n'
    'Usually for seconds. What is not valid is parked, and not sent: problem says why, and '
    'retry_documents has it tried again once that is mended.';
comment on column api.documents_to_make.tenant_id is 'The tenant that owns the invoice.';
comment on column api.documents_to_make.invoice_id is 'The invoice or credit note.';
comment on column api.documents_to_make.queued_at is 'When it was finalised.';
comment on column api.documents_to_make.attempts is 'How often it was tried.';
comment on column api.documents_to_make.next_attempt_at is 'When it is tried next.';
comment on column api.documents_to_make.problem is 'What went wrong at the last attempt.';
comment on column api.documents_to_make.parked_at is
    'When it was given up; null as long as it is tried.';
