-- Low wallets: staff with billing.read see their tenant's, customers their own, the platform all.
-- Written by functions only.
create policy low_wallets_select_staff on core.low_wallets for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy low_wallets_select_permission on core.low_wallets as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy low_wallets_select_customer on core.low_wallets for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy low_wallets_select_platform on core.low_wallets for select to platform
using (true);

grant select (
    tenant_id, account_id, since
) on core.low_wallets to staff, customer, platform;
