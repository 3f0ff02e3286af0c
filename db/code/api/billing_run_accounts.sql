-- What billing runs made of each account, read-only.
create or replace view api.billing_run_accounts
with (security_invoker = true) as
select
    r.tenant_id,
    r.billing_run_id,
    r.account_id,
    r.outcome,
    r.reason,
    r.invoice_id,
    r.credit_notes,
    r.transactions,
    r.transactions_held,
    r.finished_at
from core.billing_run_accounts as r;

grant select (
    tenant_id, billing_run_id, account_id, outcome, reason, invoice_id, credit_notes,
    transactions, transactions_held, finished_at
) on api.billing_run_accounts to staff, platform;

comment on view api.billing_run_accounts is
    E'What a billing run made of an account.\n'
    'Needs the permission billing.read.';
comment on column api.billing_run_accounts.tenant_id is 'The tenant that owns the row.';
comment on column api.billing_run_accounts.billing_run_id is 'The run.';
comment on column api.billing_run_accounts.account_id is 'The account that pays.';
comment on column api.billing_run_accounts.outcome is
    'waiting (not looked at yet), billed, skipped or held.';
comment on column api.billing_run_accounts.reason is
    'Why it was skipped (nothing_to_bill, billed_per_session) or held: the reason that most of its '
    'transactions have in billing_run_held, or billing_failed.';
comment on column api.billing_run_accounts.invoice_id is
    'Its invoice; null when it got none, or its draft was deleted.';
comment on column api.billing_run_accounts.credit_notes is 'Credit notes that it got.';
comment on column api.billing_run_accounts.transactions is 'Transactions on the invoice.';
comment on column api.billing_run_accounts.transactions_held is
    'Transactions of it that could not be billed.';
comment on column api.billing_run_accounts.finished_at is
    'When it was billed; null while it waits.';
