-- Templates of configuration: staff read their tenant's and write them with configuration.write;
-- the platform all. Charge points that follow a deleted template follow none.
create policy configuration_templates_select_staff on core.configuration_templates
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy configuration_templates_select_platform on core.configuration_templates
for select to platform
using (true);
create policy configuration_templates_insert_staff on core.configuration_templates
for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy configuration_templates_update_staff on core.configuration_templates
for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy configuration_templates_delete_staff on core.configuration_templates
for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy configuration_templates_insert_permission on core.configuration_templates
as restrictive
for insert to staff
with check ((select claims.has_permission('configuration.write')));
create policy configuration_templates_update_permission on core.configuration_templates
as restrictive
for update to staff
using ((select claims.has_permission('configuration.write')))
with check ((select claims.has_permission('configuration.write')));
create policy configuration_templates_delete_permission on core.configuration_templates
as restrictive
for delete to staff
using ((select claims.has_permission('configuration.write')));
create policy configuration_templates_insert_platform on core.configuration_templates
for insert to platform
with check (true);
create policy configuration_templates_update_platform on core.configuration_templates
for update to platform
using (true)
with check (true);
create policy configuration_templates_delete_platform on core.configuration_templates
for delete to platform
using (true);

grant select (tenant_id, id, name, description, created_at, updated_at)
on core.configuration_templates to staff, platform;
grant insert (tenant_id, name, description) on core.configuration_templates to staff, platform;
grant update (name, description) on core.configuration_templates to staff, platform;
grant delete on core.configuration_templates to staff, platform;

create trigger configuration_templates__require_permission
before insert or update or delete on core.configuration_templates
for each statement execute function access.tg_require_permission('configuration.write');
create trigger configuration_templates__touch_updated_at
before update on core.configuration_templates
for each row execute function audit.tg_touch_updated_at();
create trigger configuration_templates__log_change
after insert or update or delete
on core.configuration_templates
for each row execute function audit.tg_log_change();
create trigger configuration_templates__limit_update
after update on core.configuration_templates
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger configuration_templates__limit_delete
after delete on core.configuration_templates
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
