-- Entries of the ledger with their account, for analysts.
create or replace view report.ledger_entries
with (security_barrier = true) as
select
    e.tenant_id,
    e.journal_id,
    e.line,
    e.legal_entity_id,
    e.posted_on,
    j.kind,
    j.transaction_id,
    e.ledger_account,
    a.number as ledger_account_number,
    a.kind as ledger_account_kind,
    e.account_id,
    e.vat_rate,
    e.currency,
    e.amount
from core.ledger_entries as e
inner join core.journals as j on j.tenant_id = e.tenant_id and j.id = e.journal_id
inner join core.ledger_accounts as a
    on
        a.tenant_id = e.tenant_id
        and a.legal_entity_id = e.legal_entity_id
        and a.role = e.ledger_account
where e.tenant_id = (select claims.tenant_id());

grant select on report.ledger_entries to analyst;

comment on view report.ledger_entries is
    'The lines of the journals: debits above zero, credits below; those of a journal sum to zero.';
comment on column report.ledger_entries.tenant_id is 'Your tenant.';
comment on column report.ledger_entries.journal_id is 'The journal, of journals.';
comment on column report.ledger_entries.line is 'Number of the line within it.';
comment on column report.ledger_entries.legal_entity_id is 'In whose books it is.';
comment on column report.ledger_entries.posted_on is 'The day, by the clock of the legal entity.';
comment on column report.ledger_entries.kind is 'The kind of the journal.';
comment on column report.ledger_entries.transaction_id is
    'The transaction, of transactions; null for other kinds of journal.';
comment on column report.ledger_entries.ledger_account is
    'The account of the ledger, by what it is for.';
comment on column report.ledger_entries.ledger_account_number is 'Its number in the books.';
comment on column report.ledger_entries.ledger_account_kind is
    'asset, liability, income or expense.';
comment on column report.ledger_entries.account_id is
    'The customer''s account that it is about; null when it is about none.';
comment on column report.ledger_entries.vat_rate is 'The rate in percent, of ledger account vat.';
comment on column report.ledger_entries.currency is 'ISO 4217.';
comment on column report.ledger_entries.amount is 'Debit above zero, credit below.';
