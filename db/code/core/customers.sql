-- Customers: staff with billing.read read their tenant's, with customers.write they write them; a
-- person reads the customer that they are; the platform all.
create policy customers_select_staff on core.customers for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy customers_select_permission on core.customers as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy customers_select_customer on core.customers for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy customers_select_platform on core.customers for select to platform
using (true);
create policy customers_insert_staff on core.customers for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy customers_update_staff on core.customers for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy customers_delete_staff on core.customers for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy customers_insert_permission on core.customers as restrictive for insert to staff
with check ((select claims.has_permission('customers.write')));
create policy customers_update_permission on core.customers as restrictive for update to staff
using ((select claims.has_permission('customers.write')))
with check ((select claims.has_permission('customers.write')));
create policy customers_delete_permission on core.customers as restrictive for delete to staff
using ((select claims.has_permission('customers.write')));
create policy customers_insert_platform on core.customers for insert to platform
with check (true);
create policy customers_update_platform on core.customers for update to platform
using (true)
with check (true);
create policy customers_delete_platform on core.customers for delete to platform
using (true);

grant select (
    tenant_id, id, number, kind, name, contact_name, email, phone, language, user_id, vat_id,
    vat_id_state, vat_id_checked_at, vat_id_evidence, tax_number, buyer_reference, erased_at,
    created_at, updated_at
) on core.customers to staff, customer, platform;
grant insert (
    tenant_id, number, kind, name, contact_name, email, phone, language, user_id, vat_id,
    tax_number, buyer_reference
) on core.customers to staff, platform;
grant update (
    number, kind, name, contact_name, email, phone, language, user_id, vat_id, tax_number,
    buyer_reference
) on core.customers to staff, platform;
grant delete on core.customers to staff, platform;

create trigger customers__require_permission before insert or update or delete on core.customers
for each statement execute function access.tg_require_permission('customers.write');
create trigger customers__prepare before insert or update on core.customers
for each row execute function billing.tg_customers__prepare();
create trigger customers__end_reverse_charge after update of vat_id, vat_id_state on core.customers
for each row execute function billing.tg_customers__end_reverse_charge();
create trigger customers__touch_updated_at before update on core.customers
for each row execute function audit.tg_touch_updated_at();
create trigger customers__log_change after insert or update or delete on core.customers
for each row execute function audit.tg_log_change();
create trigger customers__limit_update after update on core.customers
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger customers__limit_delete after delete on core.customers
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
