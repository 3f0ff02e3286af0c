-- Root certificates that charge points have: staff see their tenant's, the platform all.
-- Written by functions only.
create policy installed_certificates_select_staff on core.installed_certificates
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy installed_certificates_select_platform on core.installed_certificates
for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, certificate_type, hash_algorithm, issuer_name_hash,
    issuer_key_hash, serial_number, reported_at, command_id
) on core.installed_certificates to staff, platform;
