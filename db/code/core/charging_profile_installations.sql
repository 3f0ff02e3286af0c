-- Installations of charging profiles: staff read their tenant's, the platform all. Written by
-- functions only.
create policy charging_profile_installations_select_staff on core.charging_profile_installations
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charging_profile_installations_select_platform on core.charging_profile_installations
for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, ocpp16_connector_id, profile_no, charging_profile_id,
    session_id, purpose, stack_level, profile, state, status_reported, command_id, created_at,
    installed_at, ended_at
) on core.charging_profile_installations to staff, platform;
