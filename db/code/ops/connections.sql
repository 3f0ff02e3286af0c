-- Connections: staff read their tenant's, the platform all. Written by functions only.
create policy connections_select_staff on ops.connections for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy connections_select_platform on ops.connections for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, outcome, refuse_reason, attempts, subprotocol, remote_address,
    user_agent, is_tls, tls_version, security_profile, flags, opened_at, closed_at, close_code,
    close_reason
) on ops.connections to staff, platform;
