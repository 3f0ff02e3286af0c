-- What billing runs held: staff with billing.read see their tenant's, the platform all, customers
-- none. Written by functions only.
create policy billing_run_held_select_staff on core.billing_run_held for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy billing_run_held_select_permission on core.billing_run_held as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy billing_run_held_select_platform on core.billing_run_held for select to platform
using (true);

grant select (
    tenant_id, billing_run_id, transaction_id, account_id, reason, noted_at
) on core.billing_run_held to staff, platform;
