-- Entries of the ledger with their journal and account, read-only.
create or replace view api.ledger_entries
with (security_invoker = true) as
select
    e.tenant_id,
    e.journal_id,
    e.line,
    e.legal_entity_id,
    e.posted_on,
    j.kind,
    j.source_key,
    j.description,
    e.ledger_account,
    a.number as ledger_account_number,
    a.name as ledger_account_name,
    e.account_id,
    e.vat_rate,
    e.currency,
    e.amount,
    greatest(e.amount, 0) as debit,
    greatest(-e.amount, 0) as credit
from core.ledger_entries as e
inner join core.journals as j on j.tenant_id = e.tenant_id and j.id = e.journal_id
inner join core.ledger_accounts as a
    on
        a.tenant_id = e.tenant_id
        and a.legal_entity_id = e.legal_entity_id
        and a.role = e.ledger_account;

grant select (
    tenant_id, journal_id, line, legal_entity_id, posted_on, kind, source_key, description,
    ledger_account, ledger_account_number, ledger_account_name, account_id, vat_rate, currency,
    amount, debit, credit
) on api.ledger_entries to staff, platform;

create trigger ledger_entries__refuse_change
instead of insert or update or delete on api.ledger_entries
for each row execute function audit.tg_view__refuse_change();

comment on view api.ledger_entries is
    E'The lines of the journals.\n'
    'Ask for a journal_id, or a ledger_account or account_id with a range of posted_on. Needs '
    'billing.read.';
comment on column api.ledger_entries.tenant_id is 'The tenant that owns the row.';
comment on column api.ledger_entries.journal_id is 'The journal.';
comment on column api.ledger_entries.line is 'Number of the line within it.';
comment on column api.ledger_entries.legal_entity_id is 'In whose books it is.';
comment on column api.ledger_entries.posted_on is 'The day, by the clock of the legal entity.';
comment on column api.ledger_entries.kind is 'The kind of the journal.';
comment on column api.ledger_entries.source_key is 'What the journal is about.';
comment on column api.ledger_entries.description is 'What it was, in words.';
comment on column api.ledger_entries.ledger_account is 'The account of the ledger, by its role.';
comment on column api.ledger_entries.ledger_account_number is 'Its number.';
comment on column api.ledger_entries.ledger_account_name is 'Its name.';
comment on column api.ledger_entries.account_id is
    'The customer''s account that it is about; null when it is about none.';
comment on column api.ledger_entries.vat_rate is 'The rate in percent, of ledger account vat.';
comment on column api.ledger_entries.currency is 'ISO 4217.';
comment on column api.ledger_entries.amount is 'Debit above zero, credit below.';
comment on column api.ledger_entries.debit is 'The amount when it is a debit, else 0.';
comment on column api.ledger_entries.credit is 'The amount when it is a credit, else 0.';
