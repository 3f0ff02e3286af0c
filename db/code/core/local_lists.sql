-- Local lists of charge points: staff read their tenant's, the platform all. Written by functions
-- only.
create policy local_lists_select_staff on core.local_lists for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy local_lists_select_platform on core.local_lists for select to platform
using (true);

grant select (
    tenant_id, charge_point_id, version, is_certain, sent_version, status_reported, checked_at,
    updated_at
) on core.local_lists to staff, platform;
