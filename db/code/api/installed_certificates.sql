-- Root certificates that charge points have, read-only.
create or replace view api.installed_certificates
with (security_invoker = true) as
select
    i.tenant_id,
    i.id,
    i.charge_point_id,
    i.certificate_type,
    i.hash_algorithm,
    i.issuer_name_hash,
    i.issuer_key_hash,
    i.serial_number,
    i.reported_at,
    i.command_id
from core.installed_certificates as i;

grant select (
    tenant_id, id, charge_point_id, certificate_type, hash_algorithm, issuer_name_hash,
    issuer_key_hash, serial_number, reported_at, command_id
) on api.installed_certificates to staff, platform;

comment on view api.installed_certificates is
    E'A root certificate that a charge point said it has (GetInstalledCertificateIds).\n'
    'The hashes are those of OCSP (RFC 6960); delete_certificate takes them.';
comment on column api.installed_certificates.tenant_id is 'The tenant that owns the row.';
comment on column api.installed_certificates.id is 'Number of the row.';
comment on column api.installed_certificates.charge_point_id is 'The charge point that has it.';
comment on column api.installed_certificates.certificate_type is
    'CentralSystemRootCertificate or ManufacturerRootCertificate.';
comment on column api.installed_certificates.hash_algorithm is 'SHA256, SHA384 or SHA512.';
comment on column api.installed_certificates.issuer_name_hash is
    'Hash of the issuer''s name, hexadecimal.';
comment on column api.installed_certificates.issuer_key_hash is
    'Hash of the issuer''s public key, hexadecimal.';
comment on column api.installed_certificates.serial_number is
    'Serial number, hexadecimal without leading zeros.';
comment on column api.installed_certificates.reported_at is
    'When the charge point last reported it.';
comment on column api.installed_certificates.command_id is 'The command that it was reported to.';
