-- What lines of statements were matched with, read-only.
create or replace view api.bank_matches
with (security_invoker = true) as
select
    m.tenant_id,
    m.id,
    m.bank_transaction_id,
    m.how,
    m.amount,
    m.payment_id,
    m.legal_entity_id,
    m.ledger_account,
    m.note,
    m.matched_by,
    m.matched_at,
    m.undone_by,
    m.undone_at
from core.bank_matches as m;

grant select (
    tenant_id, id, bank_transaction_id, how, amount, payment_id, legal_entity_id,
    ledger_account, note, matched_by, matched_at, undone_by, undone_at
) on api.bank_matches to staff, platform;

comment on view api.bank_matches is
    E'What a line of a statement was matched with, and how that was found.\n'
    'One that was undone stays here.';
comment on column api.bank_matches.tenant_id is 'The tenant whose account it is.';
comment on column api.bank_matches.id is 'Number of the match.';
comment on column api.bank_matches.bank_transaction_id is 'The line of the statement.';
comment on column api.bank_matches.how is
    'end_to_end_id, reference, batch, payout, amount_iban or hand.';
comment on column api.bank_matches.amount is 'How much of the line; below zero for what went out.';
comment on column api.bank_matches.payment_id is
    'The payment that it is, or the return of which it is when amount is below zero.';
comment on column api.bank_matches.legal_entity_id is 'The legal entity of ledger_account.';
comment on column api.bank_matches.ledger_account is
    'The ledger account that it was booked on instead.';
comment on column api.bank_matches.note is 'What whoever matched it by hand wrote.';
comment on column api.bank_matches.matched_by is 'Who matched it by hand.';
comment on column api.bank_matches.matched_at is 'When.';
comment on column api.bank_matches.undone_by is 'Who undid it.';
comment on column api.bank_matches.undone_at is 'When it was undone; null for one that holds.';
