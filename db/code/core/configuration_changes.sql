-- History of configuration: staff read their tenant's, the platform all. Written by functions
-- only.
create policy configuration_changes_select_staff on core.configuration_changes for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy configuration_changes_select_platform on core.configuration_changes
for select to platform
using (true);

grant select (tenant_id, id, charge_point_id, key, old_value, new_value, changed_at, command_id)
on core.configuration_changes to staff, platform;
