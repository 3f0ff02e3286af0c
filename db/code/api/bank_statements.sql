-- Account statements that were booked, read-only.
create or replace view api.bank_statements
with (security_invoker = true) as
select
    s.tenant_id,
    s.id,
    s.bank_file_id,
    s.legal_entity_id,
    s.reference,
    s.iban,
    s.currency,
    s.opened_on,
    s.closed_on,
    s.opening_balance,
    s.closing_balance,
    s.lines,
    s.lines_known,
    s.created_at
from core.bank_statements as s;

grant select (
    tenant_id, id, bank_file_id, legal_entity_id, reference, iban, currency, opened_on,
    closed_on, opening_balance, closing_balance, lines, lines_known, created_at
) on api.bank_statements to staff, platform;

comment on view api.bank_statements is
    E'An account statement that was booked.\n'
    'Opening balance and lines come to the closing balance, or it would not be here.';
comment on column api.bank_statements.tenant_id is 'The tenant whose account it is.';
comment on column api.bank_statements.id is 'Number of the statement.';
comment on column api.bank_statements.bank_file_id is 'The file that it was in.';
comment on column api.bank_statements.legal_entity_id is 'The legal entity whose account it is.';
comment on column api.bank_statements.reference is 'What the bank calls it.';
comment on column api.bank_statements.iban is 'The account.';
comment on column api.bank_statements.currency is 'Its currency (ISO 4217).';
comment on column api.bank_statements.opened_on is 'The day of its opening balance.';
comment on column api.bank_statements.closed_on is 'The day of its closing balance.';
comment on column api.bank_statements.opening_balance is 'The balance before its first line.';
comment on column api.bank_statements.closing_balance is 'The balance after its last line.';
comment on column api.bank_statements.lines is 'How many lines it has.';
comment on column api.bank_statements.lines_known is
    'How many of them were on a statement before, and were not booked again.';
comment on column api.bank_statements.created_at is 'When it was booked.';
