-- Payments: staff with billing.read see their tenant's, customers those of their accounts, the
-- platform all. Written by functions only; never deleted.
create policy payments_select_staff on core.payments for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy payments_select_permission on core.payments as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy payments_select_customer on core.payments for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy payments_select_platform on core.payments for select to platform
using (true);

grant select (
    tenant_id, id, legal_entity_id, account_id, direction, purpose, method, provider,
    provider_payment_id, idempotency_key, end_to_end_id, amount, currency, fee, state, failure,
    invoice_id, mandate_id, debit_batch_id, refunded_payment_id, booked_on, notified_on,
    payment_provider_id, card_id, saves_card, return_url, checkout_id, checkout_url, reason,
    collect_on, created_by, created_at, updated_at
) on core.payments to staff, customer, platform;

create trigger payments__refuse_delete before delete on core.payments
for each row execute function audit.tg_refuse_change();
create trigger payments__refuse_truncate before truncate on core.payments
for each statement execute function audit.tg_refuse_change();
alter table core.payments enable always trigger payments__refuse_delete;
alter table core.payments enable always trigger payments__refuse_truncate;
create trigger payments__touch_updated_at before update on core.payments
for each row execute function audit.tg_touch_updated_at();
