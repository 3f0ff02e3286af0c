-- Journals, read-only.
create or replace view api.journals
with (security_invoker = true) as
select
    j.tenant_id,
    j.id,
    j.legal_entity_id,
    j.kind,
    j.source_key,
    j.transaction_id,
    j.posted_on,
    j.currency,
    e.amount,
    j.description,
    j.created_at,
    j.created_by
from core.journals as j
cross join lateral (
    select coalesce(sum(l.amount) filter (where l.amount > 0), 0) as amount
    from core.ledger_entries as l
    where l.tenant_id = j.tenant_id and l.journal_id = j.id
) as e;

grant select (
    tenant_id, id, legal_entity_id, kind, source_key, transaction_id, posted_on, currency, amount,
    description, created_at, created_by
) on api.journals to staff, platform;

create trigger journals__refuse_change
instead of insert or update or delete on api.journals
for each row execute function audit.tg_view__refuse_change();

comment on view api.journals is
    E'The journals of the ledger: what was posted, once and for ever.\n'
    'ledger_entries has their lines. Ask for a range of posted_on. Needs billing.read.';
comment on column api.journals.tenant_id is 'The tenant that owns the row.';
comment on column api.journals.id is 'Number of the journal.';
comment on column api.journals.legal_entity_id is 'In whose books it is.';
comment on column api.journals.kind is
    'transaction, invoice, credit_note, payment, payment_return, refund, fee, provider_fee, '
    'write_off, top_up, wallet_use, bank, match or adjustment.';
comment on column api.journals.source_key is
    'What it is about: posted once for each kind and key.';
comment on column api.journals.transaction_id is 'The transaction; null for other kinds.';
comment on column api.journals.posted_on is 'The day, by the clock of the legal entity.';
comment on column api.journals.currency is 'ISO 4217 code of its amounts.';
comment on column api.journals.amount is 'Sum of its debits, which is that of its credits.';
comment on column api.journals.description is 'What it was, in words.';
comment on column api.journals.created_at is 'When it was posted.';
comment on column api.journals.created_by is 'Who caused it; null for the system.';
