-- Client certificates of charge points, read-only.
create or replace view api.charge_point_certificates
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.charge_point_id,
    c.certificate_request_id,
    c.fingerprint_sha256,
    c.serial_number,
    c.subject_common_name,
    c.subject_organization,
    c.issuer,
    c.not_before,
    c.not_after,
    c.certificate,
    c.created_at,
    c.first_used_at,
    c.last_used_at,
    c.revoked_at
from core.charge_point_certificates as c;

grant select (
    tenant_id, id, charge_point_id, certificate_request_id, fingerprint_sha256, serial_number,
    subject_common_name, subject_organization, issuer, not_before, not_after, certificate,
    created_at, first_used_at, last_used_at, revoked_at
) on api.charge_point_certificates to staff, platform;

comment on view api.charge_point_certificates is
    E'A client certificate of a charge point, for security profile 3.\n'
    'Signed for it, registered with register_charge_point_certificate, or seen first when it '
    'connected with one of a trusted authority. revoke_charge_point_certificate ends it.';
comment on column api.charge_point_certificates.tenant_id is 'The tenant that owns the row.';
comment on column api.charge_point_certificates.id is 'Number of the certificate.';
comment on column api.charge_point_certificates.charge_point_id is
    'The charge point whose it is, and no others; null when that was deleted: refused.';
comment on column api.charge_point_certificates.certificate_request_id is
    'The request that it was signed for; null when it was not signed by us.';
comment on column api.charge_point_certificates.fingerprint_sha256 is
    'SHA-256 of the certificate, unique.';
comment on column api.charge_point_certificates.serial_number is 'Its serial number, hexadecimal.';
comment on column api.charge_point_certificates.subject_common_name is
    'CN of its subject: the serial number of the charge point.';
comment on column api.charge_point_certificates.subject_organization is
    'O of its subject: the operator.';
comment on column api.charge_point_certificates.issuer is 'Who issued it (RFC 4514).';
comment on column api.charge_point_certificates.not_before is 'From when it is valid.';
comment on column api.charge_point_certificates.not_after is 'Until when it is valid.';
comment on column api.charge_point_certificates.certificate is
    'The certificate and what leads to its root, PEM; null when it was only seen.';
comment on column api.charge_point_certificates.created_at is 'When it was recorded.';
comment on column api.charge_point_certificates.first_used_at is
    'When the charge point first connected with it.';
comment on column api.charge_point_certificates.last_used_at is
    'When the charge point last connected with it.';
comment on column api.charge_point_certificates.revoked_at is
    'Since when it is refused; null while it is good.';
