-- Requests of charge points for a certificate: staff see their tenant's, the platform all.
-- Written by functions only.
create policy certificate_requests_select_staff on core.certificate_requests
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy certificate_requests_select_platform on core.certificate_requests
for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, csr, state, reason, attempts, next_attempt_at, requested_at,
    decided_at, command_id
) on core.certificate_requests to staff, platform;
