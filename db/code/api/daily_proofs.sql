-- Daily proofs, read-only: whether the books say what bank and card provider say.
create or replace view api.daily_proofs
with (security_invoker = true) as
select
    d.tenant_id,
    d.legal_entity_id,
    d.proven_on,
    d.currency,
    d.bank_ledger,
    d.bank_statement,
    d.bank_statement_id,
    d.suspense_ledger,
    d.suspense_lines,
    d.card_ledger,
    d.card_provider,
    d.is_proven,
    d.problem,
    d.created_at,
    d.updated_at
from core.daily_proofs as d;

grant select (
    tenant_id, legal_entity_id, proven_on, currency, bank_ledger, bank_statement,
    bank_statement_id, suspense_ledger, suspense_lines, card_ledger, card_provider, is_proven,
    problem, created_at, updated_at
) on api.daily_proofs to staff, platform;

comment on view api.daily_proofs is
    E'Whether the books say what bank and card provider say, day by day.\n'
    'Written by a job for the day before; prove_books compares another day.';
comment on column api.daily_proofs.tenant_id is 'The tenant whose books they are.';
comment on column api.daily_proofs.legal_entity_id is 'The legal entity.';
comment on column api.daily_proofs.proven_on is 'As of the end of this day.';
comment on column api.daily_proofs.currency is 'Currency of the figures (ISO 4217).';
comment on column api.daily_proofs.bank_ledger is
    'The bank account in the books, with the balance that it had before its first statement.';
comment on column api.daily_proofs.bank_statement is
    'The closing balance of the newest statement; null without one.';
comment on column api.daily_proofs.bank_statement_id is 'That statement.';
comment on column api.daily_proofs.suspense_ledger is
    'The suspense account in the books; below zero for money that came in.';
comment on column api.daily_proofs.suspense_lines is
    'The same from the lines of statements that are not matched.';
comment on column api.daily_proofs.card_ledger is 'The clearing account of cards in the books.';
comment on column api.daily_proofs.card_provider is
    'What the provider says it holds; null when it did not say.';
comment on column api.daily_proofs.is_proven is 'Whether all of it fits.';
comment on column api.daily_proofs.problem is 'What does not fit.';
comment on column api.daily_proofs.created_at is 'When it was first compared.';
comment on column api.daily_proofs.updated_at is 'When it was last compared.';
