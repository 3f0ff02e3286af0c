-- Entries of local lists: staff read their tenant's, the platform all. Written by functions only.
create policy local_list_entries_select_staff on core.local_list_entries for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy local_list_entries_select_platform on core.local_list_entries for select to platform
using (true);

grant select (
    tenant_id, charge_point_id, id_token_key, id_token, status, expires_at, parent_id_token
) on core.local_list_entries to staff, platform;
