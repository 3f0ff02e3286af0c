-- Payouts of card providers: staff with billing.read see their tenant's, the platform all.
-- Written by functions only.
create policy payouts_select_staff on core.payouts for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy payouts_select_permission on core.payouts as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy payouts_select_platform on core.payouts for select to platform
using (true);

grant select (
    tenant_id, id, payment_provider_id, provider_payout_id, amount, currency, arrives_on, state,
    created_at, updated_at
) on core.payouts to staff, platform;

create trigger payouts__touch_updated_at before update on core.payouts
for each row execute function audit.tg_touch_updated_at();
