-- Batches of direct debits with their files, read-only.
create or replace view api.debit_batches
with (security_invoker = true) as
select
    b.tenant_id,
    b.id,
    b.legal_entity_id,
    b.message_id,
    b.scheme,
    b.sequence_type,
    b.collect_on,
    b.currency,
    b.state,
    b.payment_count,
    b.total,
    b.problem,
    d.id as document_id,
    b.created_by,
    b.created_at,
    b.submitted_at
from core.debit_batches as b
left join core.documents as d
    on d.tenant_id = b.tenant_id and d.debit_batch_id = b.id;

grant select (
    tenant_id, id, legal_entity_id, message_id, scheme, sequence_type, collect_on, currency,
    state, payment_count, total, problem, document_id, created_by, created_at, submitted_at
) on api.debit_batches to staff, platform;

create trigger debit_batches__refuse_change
instead of insert or update or delete on api.debit_batches
for each row execute function audit.tg_view__refuse_change();

comment on view api.debit_batches is
    E'Direct debits that go to the bank as one file (pain.008).\n'
    'Made by a job, or now with create_debit_batch; submit_debit_batch says that the file was '
    'handed over, cancel_debit_batch withdraws it.';
comment on column api.debit_batches.tenant_id is 'The tenant that collects.';
comment on column api.debit_batches.id is 'Number of the batch.';
comment on column api.debit_batches.legal_entity_id is 'The legal entity that collects.';
comment on column api.debit_batches.message_id is 'What its file calls itself.';
comment on column api.debit_batches.scheme is 'CORE or B2B.';
comment on column api.debit_batches.sequence_type is
    'FRST for first collections of their mandates, RCUR for others.';
comment on column api.debit_batches.collect_on is
    'The day on which the debtors'' banks are to pay.';
comment on column api.debit_batches.currency is 'EUR.';
comment on column api.debit_batches.state is
    'created, submitted (handed to the bank) or cancelled.';
comment on column api.debit_batches.payment_count is 'How many payments it has.';
comment on column api.debit_batches.total is 'What they come to.';
comment on column api.debit_batches.problem is
    'Why there is no file: what has to be put right before another batch.';
comment on column api.debit_batches.document_id is
    'Its file, to be fetched with document; null until it is made.';
comment on column api.debit_batches.created_by is 'Who made it; null for the job.';
comment on column api.debit_batches.created_at is 'When it was made.';
comment on column api.debit_batches.submitted_at is 'When it was handed to the bank.';
