-- Presence: staff read their tenant's, the platform all. Written by functions only.
create policy presence_select_staff on ops.presence for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy presence_select_platform on ops.presence for select to platform
using (true);
