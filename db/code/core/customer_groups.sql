-- Customer groups: staff read their tenant's and write them with tariffs.write; the platform all.
-- One that assignments name takes them along when it goes: its members pay what everyone pays.
create policy customer_groups_select_staff on core.customer_groups for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy customer_groups_select_platform on core.customer_groups for select to platform
using (true);
create policy customer_groups_insert_staff on core.customer_groups for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy customer_groups_update_staff on core.customer_groups for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy customer_groups_delete_staff on core.customer_groups for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy customer_groups_insert_permission on core.customer_groups as restrictive
for insert to staff
with check ((select claims.has_permission('tariffs.write')));
create policy customer_groups_update_permission on core.customer_groups as restrictive
for update to staff
using ((select claims.has_permission('tariffs.write')))
with check ((select claims.has_permission('tariffs.write')));
create policy customer_groups_delete_permission on core.customer_groups as restrictive
for delete to staff
using ((select claims.has_permission('tariffs.write')));
create policy customer_groups_insert_platform on core.customer_groups for insert to platform
with check (true);
create policy customer_groups_update_platform on core.customer_groups for update to platform
using (true)
with check (true);
create policy customer_groups_delete_platform on core.customer_groups for delete to platform
using (true);

grant select (
    tenant_id, id, name, description, created_at, updated_at
) on core.customer_groups to staff, platform;
grant insert (tenant_id, name, description) on core.customer_groups to staff, platform;
grant update (name, description) on core.customer_groups to staff, platform;
grant delete on core.customer_groups to staff, platform;

create trigger customer_groups__require_permission
before insert or update or delete on core.customer_groups
for each statement execute function access.tg_require_permission('tariffs.write');
create trigger customer_groups__touch_updated_at before update on core.customer_groups
for each row execute function audit.tg_touch_updated_at();
create trigger customer_groups__log_change
after insert or update or delete
on core.customer_groups
for each row execute function audit.tg_log_change();
create trigger customer_groups__limit_update after update on core.customer_groups
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger customer_groups__limit_delete after delete on core.customer_groups
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
