-- Accounts of billing runs: staff with billing.read see their tenant's, the platform all, customers
-- none. Written by functions only.
create policy billing_run_accounts_select_staff on core.billing_run_accounts for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy billing_run_accounts_select_permission on core.billing_run_accounts
as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy billing_run_accounts_select_platform on core.billing_run_accounts
for select to platform
using (true);

grant select (
    tenant_id, billing_run_id, account_id, outcome, reason, invoice_id, credit_notes, transactions,
    transactions_held, finished_at
) on core.billing_run_accounts to staff, platform;
