-- Wallets of prepaid accounts.
create or replace view api.wallets
with (security_invoker = true) as
select
    a.tenant_id,
    a.id as account_id,
    a.number,
    a.customer_id,
    a.currency,
    f.wallet as balance,
    f.receivable,
    f.drafted + f.unbilled + f.running as charged,
    f.available,
    a.top_up_threshold,
    a.top_up_amount,
    w.since as low_since
from core.accounts as a
cross join lateral billing.account_funds(a.tenant_id, a.id) as f
left join core.low_wallets as w on w.tenant_id = a.tenant_id and w.account_id = a.id
where a.kind = 'prepaid' and a.payer_account_id is null;

grant select (
    tenant_id, account_id, number, customer_id, currency, balance, receivable, charged,
    available, top_up_threshold, top_up_amount, low_since
) on api.wallets to staff, customer, platform;

create trigger wallets__refuse_change instead of insert or update or delete on api.wallets
for each row execute function audit.tg_view__refuse_change();

comment on view api.wallets is
    E'Wallets of prepaid accounts: what is in them and what of it is used already.\n'
    'Customers see their own, staff with billing.read all.';
comment on column api.wallets.tenant_id is 'The tenant that owns the row.';
comment on column api.wallets.account_id is 'The account.';
comment on column api.wallets.number is 'Number of the account.';
comment on column api.wallets.customer_id is 'Whose it is.';
comment on column api.wallets.currency is 'Currency (ISO 4217).';
comment on column api.wallets.balance is 'What is in the wallet, by the books.';
comment on column api.wallets.receivable is 'Open invoices less credit; below zero is credit.';
comment on column api.wallets.charged is
    'Used and not invoiced yet: drafts, priced sessions and what runs.';
comment on column api.wallets.available is 'What is left for charging.';
comment on column api.wallets.top_up_threshold is
    'Below so much it is filled up by itself; null for never.';
comment on column api.wallets.top_up_amount is 'By so much.';
comment on column api.wallets.low_since is 'Since when it has been low; null while it is not.';
