-- What roles may do: staff read their tenant's, the platform all. Written by functions only.
create policy role_permissions_select_staff on core.role_permissions for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy role_permissions_select_platform on core.role_permissions for select to platform
using (true);

grant select (tenant_id, role_id, permission) on core.role_permissions to staff, platform;

create trigger role_permissions__log_change
after insert or update or delete on core.role_permissions
for each row execute function audit.tg_log_change();
