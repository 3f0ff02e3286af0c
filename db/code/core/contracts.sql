-- Contracts: staff with billing.read read their tenant's, with customers.write they write them; a
-- person reads those of their accounts; the platform all.
create policy contracts_select_staff on core.contracts for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy contracts_select_permission on core.contracts as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy contracts_select_customer on core.contracts for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy contracts_select_platform on core.contracts for select to platform
using (true);
create policy contracts_insert_staff on core.contracts for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy contracts_update_staff on core.contracts for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy contracts_delete_staff on core.contracts for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy contracts_insert_permission on core.contracts as restrictive for insert to staff
with check ((select claims.has_permission('customers.write')));
create policy contracts_update_permission on core.contracts as restrictive for update to staff
using ((select claims.has_permission('customers.write')))
with check ((select claims.has_permission('customers.write')));
create policy contracts_delete_permission on core.contracts as restrictive for delete to staff
using ((select claims.has_permission('customers.write')));
create policy contracts_insert_platform on core.contracts for insert to platform
with check (true);
create policy contracts_update_platform on core.contracts for update to platform
using (true)
with check (true);
create policy contracts_delete_platform on core.contracts for delete to platform
using (true);

grant select (
    tenant_id, id, account_id, id_token_id, starts_at, ends_at, created_at, updated_at
) on core.contracts to staff, customer, platform;
grant insert (
    tenant_id, account_id, id_token_id, starts_at, ends_at
) on core.contracts to staff, platform;
grant update (
    starts_at, ends_at
) on core.contracts to staff, platform;
grant delete on core.contracts to staff, platform;

create trigger contracts__require_permission before insert or update or delete on core.contracts
for each statement execute function access.tg_require_permission('customers.write');
create trigger contracts__check before insert or update on core.contracts
for each row execute function billing.tg_contracts__check();
create trigger contracts__touch_updated_at before update on core.contracts
for each row execute function audit.tg_touch_updated_at();
create trigger contracts__log_change after insert or update or delete on core.contracts
for each row execute function audit.tg_log_change();
create trigger contracts__limit_update after update on core.contracts
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger contracts__limit_delete after delete on core.contracts
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
