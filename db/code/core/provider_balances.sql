-- What card providers hold: staff with billing.read see their tenant's, the platform all.
-- Written by functions only.
create policy provider_balances_select_staff on core.provider_balances for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy provider_balances_select_permission on core.provider_balances as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy provider_balances_select_platform on core.provider_balances for select to platform
using (true);

grant select (
    tenant_id, payment_provider_id, proven_on, currency, amount, asked_at
) on core.provider_balances to staff, platform;
