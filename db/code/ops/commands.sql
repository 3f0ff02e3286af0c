-- Commands: staff read their tenant's, a driver their own, the platform all. Written by functions
-- only. How one is told apart on the wire (message_id, connection_id) is nobody's to read.
create policy commands_select_staff on ops.commands for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy commands_select_customer on ops.commands for select to customer
using (
    tenant_id = (select claims.tenant_id()) and requested_by = (select claims.user_id())
);
create policy commands_select_platform on ops.commands for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, batch_id, ocpp_version, action, payload, state, is_kept,
    expires_at, requested_by, requested_via, created_at, sent_at, answered_at, finished_at, result,
    error_code, error_description, violations
) on ops.commands to staff, customer, platform;
