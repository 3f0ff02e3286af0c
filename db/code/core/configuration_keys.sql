-- What charge points said of their configuration: staff read their tenant's, the platform all.
-- Written by functions only.
create policy configuration_keys_select_staff on core.configuration_keys for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy configuration_keys_select_platform on core.configuration_keys for select to platform
using (true);

grant select (
    tenant_id, charge_point_id, key, value, is_readonly, is_unknown, needs_reboot, reported_at,
    command_id
) on core.configuration_keys to staff, platform;
