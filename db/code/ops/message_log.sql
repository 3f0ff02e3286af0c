-- The message log: staff with messages.read see their tenant's frames, the platform all, drivers
-- none. Written by functions only; old partitions are dropped whole.
create policy message_log_select_staff on ops.message_log for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy message_log_select_permission on ops.message_log as restrictive
for select to staff
using ((select claims.has_permission('messages.read')));
create policy message_log_select_platform on ops.message_log for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, connection_id, received_at, direction, message_type,
    message_id, action, payload, error_code
) on ops.message_log to staff, platform;
