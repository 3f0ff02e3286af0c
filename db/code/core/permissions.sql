-- Permissions: the same for all tenants, readable by who may define roles with them.
create policy permissions_select_staff on core.permissions for select to staff
using (true);
create policy permissions_select_platform on core.permissions for select to platform
using (true);

grant select (key, description) on core.permissions to staff, platform;
