-- The inbox of chargers that nobody has registered, read-only.
create or replace view api.unknown_charge_points
with (security_invoker = true) as
select
    u.id,
    u.tenant_id,
    u.identity,
    u.state,
    u.attempts,
    u.first_seen_at,
    u.last_seen_at,
    u.remote_address,
    u.user_agent,
    u.offered_subprotocols,
    u.has_sent_key,
    u.decided_at,
    u.decided_by
from core.unknown_charge_points as u
where u.state <> 'admitted';

grant select (
    id, tenant_id, identity, state, attempts, first_seen_at, last_seen_at, remote_address,
    user_agent, offered_subprotocols, has_sent_key, decided_at, decided_by
) on api.unknown_charge_points to staff, platform;

comment on view api.unknown_charge_points is
    E'A charger that tried to connect and is not registered.\n'
    'admit_charge_point makes it a charge point, ignore_charge_point takes it out of the '
    'waiting list.';
comment on column api.unknown_charge_points.id is
    'Number of the entry: what admit_charge_point and ignore_charge_point take.';
comment on column api.unknown_charge_points.tenant_id is
    'The tenant that the charger named; null when it named none.';
comment on column api.unknown_charge_points.identity is
    'OCPP identity with which it tried to connect.';
comment on column api.unknown_charge_points.state is
    'waiting, or ignored: an ignored charger still counts its attempts.';
comment on column api.unknown_charge_points.attempts is 'How often it tried.';
comment on column api.unknown_charge_points.first_seen_at is 'When it tried first.';
comment on column api.unknown_charge_points.last_seen_at is 'When it tried last.';
comment on column api.unknown_charge_points.remote_address is
    'Network address of its last attempt.';
comment on column api.unknown_charge_points.user_agent is
    'What it called itself at its last attempt.';
comment on column api.unknown_charge_points.offered_subprotocols is
    'OCPP versions that it offered at its last attempt.';
comment on column api.unknown_charge_points.has_sent_key is
    'Whether it sent a Basic authentication key at its last attempt.';
comment on column api.unknown_charge_points.decided_at is 'When somebody decided about it.';
comment on column api.unknown_charge_points.decided_by is 'Who decided about it.';
