-- Keys and values of templates: staff read their tenant's and write them with configuration.write;
-- the platform all.
create policy configuration_template_keys_select_staff on core.configuration_template_keys
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy configuration_template_keys_select_platform on core.configuration_template_keys
for select to platform
using (true);
create policy configuration_template_keys_insert_staff on core.configuration_template_keys
for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy configuration_template_keys_update_staff on core.configuration_template_keys
for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy configuration_template_keys_delete_staff on core.configuration_template_keys
for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy configuration_template_keys_insert_permission on core.configuration_template_keys
as restrictive
for insert to staff
with check ((select claims.has_permission('configuration.write')));
create policy configuration_template_keys_update_permission on core.configuration_template_keys
as restrictive
for update to staff
using ((select claims.has_permission('configuration.write')))
with check ((select claims.has_permission('configuration.write')));
create policy configuration_template_keys_delete_permission on core.configuration_template_keys
as restrictive
for delete to staff
using ((select claims.has_permission('configuration.write')));
create policy configuration_template_keys_insert_platform on core.configuration_template_keys
for insert to platform
with check (true);
create policy configuration_template_keys_update_platform on core.configuration_template_keys
for update to platform
using (true)
with check (true);
create policy configuration_template_keys_delete_platform on core.configuration_template_keys
for delete to platform
using (true);

grant select (tenant_id, configuration_template_id, key, value)
on core.configuration_template_keys to staff, platform;
grant insert (tenant_id, configuration_template_id, key, value)
on core.configuration_template_keys to staff, platform;
grant update (value) on core.configuration_template_keys to staff, platform;
grant delete on core.configuration_template_keys to staff, platform;

create trigger configuration_template_keys__require_permission
before insert or update or delete on core.configuration_template_keys
for each statement execute function access.tg_require_permission('configuration.write');
create trigger configuration_template_keys__log_change
after insert or update or delete
on core.configuration_template_keys
for each row execute function audit.tg_log_change();
create trigger configuration_template_keys__limit_update
after update on core.configuration_template_keys
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger configuration_template_keys__limit_delete
after delete on core.configuration_template_keys
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
