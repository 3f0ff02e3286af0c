-- Client certificates of charge points: staff see their tenant's, the platform all.
-- Written by functions only.
create policy charge_point_certificates_select_staff on core.charge_point_certificates
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_point_certificates_select_platform on core.charge_point_certificates
for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, certificate_request_id, fingerprint_sha256, serial_number,
    subject_common_name, subject_organization, issuer, not_before, not_after, certificate,
    created_at, first_used_at, last_used_at, revoked_at
) on core.charge_point_certificates to staff, platform;

create trigger charge_point_certificates__log_change
after insert or delete or update of revoked_at
on core.charge_point_certificates
for each row execute function audit.tg_log_change('-certificate');
