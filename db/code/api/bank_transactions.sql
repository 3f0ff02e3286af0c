-- Lines of account statements, read-only, with what is in suspense of each.
create or replace view api.bank_transactions
with (security_invoker = true) as
select
    t.tenant_id,
    t.id,
    t.bank_statement_id,
    t.legal_entity_id,
    t.line,
    t.booked_on,
    t.value_on,
    t.amount,
    t.currency,
    t.counterparty_name,
    t.counterparty_iban,
    t.end_to_end_id,
    t.mandate_reference,
    t.creditor_reference,
    t.batch_reference,
    t.bank_reference,
    t.bank_code,
    t.return_reason,
    t.charges,
    t.remittance,
    t.amount - t.matched_amount as open_amount,
    case
        when t.matched_amount = t.amount then 'matched'
        when t.matched_amount = 0 then 'suspense'
        else 'partly'
    end as state,
    t.created_at
from core.bank_transactions as t;

grant select (
    tenant_id, id, bank_statement_id, legal_entity_id, line, booked_on, value_on, amount,
    currency, counterparty_name, counterparty_iban, end_to_end_id, mandate_reference,
    creditor_reference, batch_reference, bank_reference, bank_code, return_reason, charges,
    remittance, open_amount, state, created_at
) on api.bank_transactions to staff, platform;

comment on view api.bank_transactions is
    E'A line of an account statement.\n'
    'Matched by the id that we gave, by reference, by batch, as a payout, by amount and IBAN, '
    'or by hand with match_bank_transaction; bank_matches says how. What is not matched is in '
    'suspense.';
comment on column api.bank_transactions.tenant_id is 'The tenant whose account it is.';
comment on column api.bank_transactions.id is 'Number of the line.';
comment on column api.bank_transactions.bank_statement_id is 'The statement that it was on.';
comment on column api.bank_transactions.legal_entity_id is 'The legal entity whose account it is.';
comment on column api.bank_transactions.line is 'Its place on the statement, from 1.';
comment on column api.bank_transactions.booked_on is 'The day on which the bank booked it.';
comment on column api.bank_transactions.value_on is 'The day from which it counts for interest.';
comment on column api.bank_transactions.amount is 'Above zero what came in, below what went out.';
comment on column api.bank_transactions.currency is 'Its currency (ISO 4217).';
comment on column api.bank_transactions.counterparty_name is 'Who paid, or was paid.';
comment on column api.bank_transactions.counterparty_iban is 'Their account.';
comment on column api.bank_transactions.end_to_end_id is
    'What whoever began the payment called it.';
comment on column api.bank_transactions.mandate_reference is 'The mandate of a direct debit.';
comment on column api.bank_transactions.creditor_reference is
    'The structured reference (ISO 11649, RF...).';
comment on column api.bank_transactions.batch_reference is
    'The message of ours that the bank booked in one sum.';
comment on column api.bank_transactions.bank_reference is 'What the bank calls it.';
comment on column api.bank_transactions.bank_code is 'What kind of payment the bank says it is.';
comment on column api.bank_transactions.return_reason is
    'Why it was returned (ISO 20022 code, such as AM04: not enough money).';
comment on column api.bank_transactions.charges is 'What the bank says it took for it.';
comment on column api.bank_transactions.remittance is 'The text that came with it.';
comment on column api.bank_transactions.open_amount is 'What is still in suspense of it.';
comment on column api.bank_transactions.state is
    'suspense (nobody knows whose it is), partly or matched.';
comment on column api.bank_transactions.created_at is 'When it was imported.';
