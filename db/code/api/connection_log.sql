-- Connections of charge points, read-only.
create or replace view api.connection_log
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.charge_point_id,
    c.outcome,
    c.refuse_reason,
    c.attempts,
    c.subprotocol,
    c.remote_address,
    c.user_agent,
    c.is_tls,
    c.tls_version,
    c.security_profile,
    c.flags,
    c.opened_at,
    c.closed_at,
    c.close_code,
    c.close_reason
from ops.connections as c;

grant select (
    tenant_id, id, charge_point_id, outcome, refuse_reason, attempts, subprotocol, remote_address,
    user_agent, is_tls, tls_version, security_profile, flags, opened_at, closed_at, close_code,
    close_reason
) on api.connection_log to staff, platform;

comment on view api.connection_log is
    E'Connections of charge points, and their refused attempts.\n'
    'Attempts that were refused within the same minute are counted in one row.';
comment on column api.connection_log.tenant_id is 'The tenant that owns the row.';
comment on column api.connection_log.id is
    'Number of the connection: a later one of the same charge point has a higher number.';
comment on column api.connection_log.charge_point_id is 'The charge point.';
comment on column api.connection_log.outcome is 'accepted or refused.';
comment on column api.connection_log.refuse_reason is
    'Why it was refused: no_credentials, wrong_user_name, wrong_key, needs_tls, '
    'needs_client_certificate, certificate_of_another, certificate_revoked, certificate_expired, '
    'certificate_serial_number (CN), certificate_organization (O), disabled or '
    'no_common_subprotocol.';
comment on column api.connection_log.attempts is 'How many refused attempts the row counts.';
comment on column api.connection_log.subprotocol is
    'The OCPP version spoken, such as ocpp1.6; null when refused.';
comment on column api.connection_log.remote_address is 'Where it came from.';
comment on column api.connection_log.user_agent is 'What the charger''s software calls itself.';
comment on column api.connection_log.is_tls is 'Whether it was encrypted.';
comment on column api.connection_log.tls_version is 'The version of TLS; null without.';
comment on column api.connection_log.security_profile is
    'OCPP security profile that was asked of it.';
comment on column api.connection_log.flags is
    'What was tolerated: assumed_subprotocol, hex_key, no_key, old_key (a newer one waits to be '
    'used), more_than_profile (TLS on security profile 1); and profile_raised, when it was the '
    'first with a higher security profile.';
comment on column api.connection_log.opened_at is 'When it was opened, or first refused.';
comment on column api.connection_log.closed_at is
    'When it ended, or was last refused; null while it is open.';
comment on column api.connection_log.close_code is 'WebSocket close code (RFC 6455 §7.4).';
comment on column api.connection_log.close_reason is 'Why it ended.';
