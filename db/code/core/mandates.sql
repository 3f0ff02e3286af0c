-- Mandates: staff who may read the billing read their tenant's and write them with
-- customers.write; customers read their own but for the whole IBAN; the platform all.
create policy mandates_select_staff on core.mandates for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy mandates_select_permission on core.mandates as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy mandates_select_customer on core.mandates for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy mandates_select_platform on core.mandates for select to platform
using (true);
create policy mandates_insert_staff on core.mandates for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy mandates_update_staff on core.mandates for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy mandates_insert_permission on core.mandates as restrictive for insert to staff
with check ((select claims.has_permission('customers.write')));
create policy mandates_update_permission on core.mandates as restrictive for update to staff
using ((select claims.has_permission('customers.write')))
with check ((select claims.has_permission('customers.write')));
create policy mandates_insert_platform on core.mandates for insert to platform
with check (true);
create policy mandates_update_platform on core.mandates for update to platform
using (true)
with check (true);

grant select (
    tenant_id, id, account_id, reference, scheme, account_holder, iban, bic, signed_on, state,
    revoked_at, created_at, updated_at, iban_masked
) on core.mandates to staff, platform;
grant select (
    tenant_id, id, account_id, reference, scheme, account_holder, iban_masked, signed_on, state,
    revoked_at, created_at
) on core.mandates to customer;
grant insert (
    tenant_id, account_id, reference, scheme, account_holder, iban, bic, signed_on, state
) on core.mandates to staff, platform;
grant update (
    scheme, account_holder, iban, bic, signed_on, state
) on core.mandates to staff, platform;

create trigger mandates__require_permission before insert or update on core.mandates
for each statement execute function access.tg_require_permission('customers.write');
create trigger mandates__check before insert or update on core.mandates
for each row execute function billing.tg_mandates__check();
create trigger mandates__touch_updated_at before update on core.mandates
for each row execute function audit.tg_touch_updated_at();
create trigger mandates__log_change after insert or update or delete on core.mandates
for each row execute function audit.tg_log_change('iban');
create trigger mandates__limit_update after update on core.mandates
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
