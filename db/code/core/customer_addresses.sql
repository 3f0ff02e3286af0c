-- Addresses of customers: staff with billing.read read their tenant's, with customers.write they
-- write them; a person reads those of the customer that they are; the platform all.
create policy customer_addresses_select_staff on core.customer_addresses for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy customer_addresses_select_permission on core.customer_addresses as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy customer_addresses_select_customer on core.customer_addresses for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and customer_id = any(array(
        select c.id
        from core.customers as c
        where
            c.tenant_id = (select claims.tenant_id())
            and c.user_id = (select claims.user_id())
    ))
);
create policy customer_addresses_select_platform on core.customer_addresses for select to platform
using (true);
create policy customer_addresses_insert_staff on core.customer_addresses for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy customer_addresses_update_staff on core.customer_addresses for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy customer_addresses_delete_staff on core.customer_addresses for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy customer_addresses_insert_permission on core.customer_addresses as restrictive
for insert to staff
with check ((select claims.has_permission('customers.write')));
create policy customer_addresses_update_permission on core.customer_addresses as restrictive
for update to staff
using ((select claims.has_permission('customers.write')))
with check ((select claims.has_permission('customers.write')));
create policy customer_addresses_delete_permission on core.customer_addresses as restrictive
for delete to staff
using ((select claims.has_permission('customers.write')));
create policy customer_addresses_insert_platform on core.customer_addresses for insert to platform
with check (true);
create policy customer_addresses_update_platform on core.customer_addresses for update to platform
using (true)
with check (true);
create policy customer_addresses_delete_platform on core.customer_addresses for delete to platform
using (true);

grant select (
    tenant_id, customer_id, kind, name, address_line, address_line2, postal_code, city,
    country_code, created_at, updated_at
) on core.customer_addresses to staff, customer, platform;
grant insert (
    tenant_id, customer_id, kind, name, address_line, address_line2, postal_code, city,
    country_code
) on core.customer_addresses to staff, platform;
grant update (
    name, address_line, address_line2, postal_code, city, country_code
) on core.customer_addresses to staff, platform;
grant delete on core.customer_addresses to staff, platform;

create trigger customer_addresses__require_permission before insert or update or delete
on core.customer_addresses
for each statement execute function access.tg_require_permission('customers.write');
create trigger customer_addresses__check before insert or update of country_code
on core.customer_addresses
for each row execute function billing.tg_customer_addresses__check();
create trigger customer_addresses__touch_updated_at before update on core.customer_addresses
for each row execute function audit.tg_touch_updated_at();
create trigger customer_addresses__log_change after insert or update or delete
on core.customer_addresses
for each row execute function audit.tg_log_change();
create trigger customer_addresses__limit_update after update on core.customer_addresses
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger customer_addresses__limit_delete after delete on core.customer_addresses
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
