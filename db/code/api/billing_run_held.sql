-- Transactions that billing runs could not bill, read-only.
create or replace view api.billing_run_held
with (security_invoker = true) as
select h.tenant_id, h.billing_run_id, h.transaction_id, h.account_id, h.reason, h.noted_at
from core.billing_run_held as h;

grant select (
    tenant_id, billing_run_id, transaction_id, account_id, reason, noted_at
) on api.billing_run_held to staff, platform;

comment on view api.billing_run_held is
    E'A transaction that a billing run could not bill, and why.\n'
    'Put right, it is billed by the next run, or by the same one begun again. Needs the permission '
    'billing.read.';
comment on column api.billing_run_held.tenant_id is 'The tenant that owns the row.';
comment on column api.billing_run_held.billing_run_id is 'The run.';
comment on column api.billing_run_held.transaction_id is 'The transaction.';
comment on column api.billing_run_held.account_id is
    'The account that would have paid; null when it is nobody''s.';
comment on column api.billing_run_held.reason is
    'account_missing (its token has no contract, its person no account), account_closed, '
    'currency_mismatch, vat_unknown (a price says no VAT), address_missing (no billing address), '
    'series_missing (no numbers for invoices), or transaction_held (no price that counts yet).';
comment on column api.billing_run_held.noted_at is 'When the run found that.';
