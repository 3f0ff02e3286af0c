-- Billing runs: staff with billing.read see their tenant's, the platform all, customers none.
-- Written by functions only.
create policy billing_runs_select_staff on core.billing_runs for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy billing_runs_select_permission on core.billing_runs as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy billing_runs_select_platform on core.billing_runs for select to platform
using (true);

grant select (
    tenant_id, id, period_from, period_to, state, requested_by, started_at, finished_at
) on core.billing_runs to staff, platform;
