-- Cards on file: staff with billing.read see their tenant's, customers those of their accounts, the
-- platform all. Written by functions only.
create policy cards_select_staff on core.cards for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy cards_select_permission on core.cards as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy cards_select_customer on core.cards for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy cards_select_platform on core.cards for select to platform
using (true);

grant select (
    tenant_id, id, account_id, payment_provider_id, provider_customer_id, provider_card_id, brand,
    last4, expires_on, state, created_at, updated_at
) on core.cards to staff, customer, platform;

create trigger cards__touch_updated_at before update on core.cards
for each row execute function audit.tg_touch_updated_at();
create trigger cards__log_change after insert or update or delete on core.cards
for each row execute function audit.tg_log_change();
