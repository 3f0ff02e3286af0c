-- Rows that charge points made us store: staff read their tenant's, the platform all.
create policy charge_point_volumes_select_staff on ops.charge_point_volumes for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_point_volumes_select_platform on ops.charge_point_volumes
for select to platform
using (true);
