-- History of connector states: staff read their tenant's, the platform all. Append-only, written
-- by fleet.record_connector_status.
create policy connector_status_changes_select_staff on core.connector_status_changes
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy connector_status_changes_select_platform on core.connector_status_changes
for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, ocpp16_connector_id, status, error_code, info, vendor_id,
    vendor_error_code, reported_at, received_at
) on core.connector_status_changes to staff, platform;
