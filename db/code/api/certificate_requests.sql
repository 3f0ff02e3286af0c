-- Requests of charge points for a certificate, read-only.
create or replace view api.certificate_requests
with (security_invoker = true) as
select
    r.tenant_id,
    r.id,
    r.charge_point_id,
    r.csr,
    r.state,
    r.reason,
    r.attempts,
    r.next_attempt_at,
    r.requested_at,
    r.decided_at,
    r.command_id
from core.certificate_requests as r;

grant select (
    tenant_id, id, charge_point_id, csr, state, reason, attempts, next_attempt_at, requested_at,
    decided_at, command_id
) on api.certificate_requests to staff, platform;

comment on view api.certificate_requests is
    E'A request of a charge point to have a certificate signed (SignCertificate).\n'
    'The jobs runner takes it to the certificate authority; what is signed goes to the charge '
    'point as CertificateSigned and stands in charge_point_certificates.';
comment on column api.certificate_requests.tenant_id is 'The tenant that owns the row.';
comment on column api.certificate_requests.id is 'Number of the request.';
comment on column api.certificate_requests.charge_point_id is 'The charge point that asked.';
comment on column api.certificate_requests.csr is 'The request itself, PEM.';
comment on column api.certificate_requests.state is
    'pending, signed, refused (by a rule of ours) or failed (by the authority).';
comment on column api.certificate_requests.reason is
    'Why it was refused or has failed so far: unreadable, signature_invalid, key_type, '
    'key_too_short, serial_number_unknown, serial_number_wrong, organization_wrong, '
    'chain_too_long, replaced (by a newer one), or what the authority said.';
comment on column api.certificate_requests.attempts is 'How often it was taken to the authority.';
comment on column api.certificate_requests.next_attempt_at is
    'When it is taken there next, while it is pending.';
comment on column api.certificate_requests.requested_at is 'When it arrived.';
comment on column api.certificate_requests.decided_at is 'When it was signed, refused or given up.';
comment on column api.certificate_requests.command_id is
    'The CertificateSigned that took the certificate to the charge point.';
