-- What customers' accounts owe and have, as of now, read-only.
create or replace view api.account_balances
with (security_invoker = true) as
select
    a.tenant_id,
    a.id as account_id,
    a.number as account_number,
    a.customer_id,
    a.legal_entity_id,
    coalesce(e.currency, a.currency) as currency,
    coalesce(e.receivables, 0) as receivables,
    coalesce(e.wallet, 0) as wallet,
    e.last_posted_on
from core.accounts as a
left join lateral (
    select
        l.currency,
        sum(l.amount) filter (where l.ledger_account = 'receivables') as receivables,
        -sum(l.amount) filter (where l.ledger_account = 'wallets') as wallet,
        max(l.posted_on) as last_posted_on
    from core.ledger_entries as l
    where
        l.tenant_id = a.tenant_id
        and l.account_id = a.id
        and l.ledger_account in ('receivables', 'wallets')
    group by l.currency
) as e on true;

grant select (
    tenant_id, account_id, account_number, customer_id, legal_entity_id, currency, receivables,
    wallet, last_posted_on
) on api.account_balances to staff, customer, platform;

create trigger account_balances__refuse_change
instead of insert or update or delete on api.account_balances
for each row execute function audit.tg_view__refuse_change();

comment on view api.account_balances is
    E'What each account owes and has, from the ledger.\n'
    'Sums as of now; account_statement has them with their lines, as of any day.';
comment on column api.account_balances.tenant_id is 'The tenant that owns the row.';
comment on column api.account_balances.account_id is 'The account.';
comment on column api.account_balances.account_number is 'Its number.';
comment on column api.account_balances.customer_id is 'Whose account it is.';
comment on column api.account_balances.legal_entity_id is 'Who bills it.';
comment on column api.account_balances.currency is 'ISO 4217.';
comment on column api.account_balances.receivables is
    'What the account owes for invoices and fees; below zero when it has credit.';
comment on column api.account_balances.wallet is 'What is left of what it paid in advance.';
comment on column api.account_balances.last_posted_on is
    'The day of the last posting; null for none.';
