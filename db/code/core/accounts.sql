-- Accounts: staff with billing.read read their tenant's, with customers.write they write them; a
-- person reads those of the customer that they are; the platform all.
create policy accounts_select_staff on core.accounts for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy accounts_select_permission on core.accounts as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy accounts_select_customer on core.accounts for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and id = any((select claims.account_ids())::bigint[])
);
create policy accounts_select_platform on core.accounts for select to platform
using (true);
create policy accounts_insert_staff on core.accounts for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy accounts_update_staff on core.accounts for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy accounts_delete_staff on core.accounts for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy accounts_insert_permission on core.accounts as restrictive for insert to staff
with check ((select claims.has_permission('customers.write')));
create policy accounts_update_permission on core.accounts as restrictive for update to staff
using ((select claims.has_permission('customers.write')))
with check ((select claims.has_permission('customers.write')));
create policy accounts_delete_permission on core.accounts as restrictive for delete to staff
using ((select claims.has_permission('customers.write')));
create policy accounts_insert_platform on core.accounts for insert to platform
with check (true);
create policy accounts_update_platform on core.accounts for update to platform
using (true)
with check (true);
create policy accounts_delete_platform on core.accounts for delete to platform
using (true);

grant select (
    tenant_id, id, number, customer_id, legal_entity_id, name, currency, kind, payment_method,
    credit_limit, schedule, payer_account_id, tax_treatment, tax_exemption_reason,
    payment_terms_days, grace_days, is_dunned, top_up_threshold, top_up_amount, state,
    state_reason, created_at, updated_at
) on core.accounts to staff, customer, platform;
grant insert (
    tenant_id, number, customer_id, legal_entity_id, name, currency, kind, payment_method,
    credit_limit, schedule, payer_account_id, tax_treatment, tax_exemption_reason,
    payment_terms_days, grace_days, is_dunned, top_up_threshold, top_up_amount, state,
    state_reason
) on core.accounts to staff, platform;
grant update (
    number, legal_entity_id, name, currency, kind, payment_method, credit_limit, schedule,
    payer_account_id, tax_treatment, tax_exemption_reason, payment_terms_days, grace_days,
    is_dunned, top_up_threshold, top_up_amount, state, state_reason
) on core.accounts to staff, platform;
grant delete on core.accounts to staff, platform;

create trigger accounts__require_permission before insert or update or delete on core.accounts
for each statement execute function access.tg_require_permission('customers.write');
create trigger accounts__prepare before insert or update on core.accounts
for each row execute function billing.tg_accounts__prepare();
create trigger accounts__touch_updated_at before update on core.accounts
for each row execute function audit.tg_touch_updated_at();
create trigger accounts__log_change after insert or update or delete on core.accounts
for each row execute function audit.tg_log_change();
create trigger accounts__queue_again after update on core.accounts
for each row
when (
    (old.schedule, old.payer_account_id) is distinct from (new.schedule, new.payer_account_id)
)
execute function billing.tg_accounts__queue_again();
create trigger accounts__limit_update after update on core.accounts
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger accounts__limit_delete after delete on core.accounts
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
