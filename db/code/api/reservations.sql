-- Reservations, read-only.
create or replace view api.reservations
with (security_invoker = true) as
select
    r.tenant_id,
    r.id,
    r.charge_point_id,
    r.reservation_no,
    r.ocpp16_connector_id,
    r.id_token,
    r.id_token_id,
    r.parent_id_token,
    r.user_id,
    r.state,
    r.status_reported,
    r.expires_at,
    r.command_id,
    r.session_id,
    r.created_at,
    r.updated_at
from core.reservations as r;

grant select (
    tenant_id, id, charge_point_id, reservation_no, ocpp16_connector_id, id_token, id_token_id,
    parent_id_token, user_id, state, status_reported, expires_at, command_id, session_id,
    created_at, updated_at
) on api.reservations to staff, customer, platform;

comment on view api.reservations is
    'Reservations of connectors: reserve_now makes one, cancel_reservation ends it.';
comment on column api.reservations.tenant_id is 'The tenant that owns the row.';
comment on column api.reservations.id is 'Number of the reservation.';
comment on column api.reservations.charge_point_id is 'The charge point.';
comment on column api.reservations.reservation_no is
    'The number that the charge point knows it by.';
comment on column api.reservations.ocpp16_connector_id is
    'The connector, by OCPP 1.6''s number; 0 is any.';
comment on column api.reservations.id_token is 'The token that may charge.';
comment on column api.reservations.id_token_id is 'The token''s row, where it is registered.';
comment on column api.reservations.parent_id_token is 'Tokens of this group may charge, too.';
comment on column api.reservations.user_id is 'The driver whose token it is.';
comment on column api.reservations.state is
    'requested, reserved, rejected, unknown (the answer never came), used, cancelled or '
    'expired.';
comment on column api.reservations.status_reported is
    'What the charge point answered: Accepted, Faulted, Occupied, Rejected, Unavailable; or '
    'the error.';
comment on column api.reservations.expires_at is 'When it ends by itself.';
comment on column api.reservations.command_id is 'The command that asked for it.';
comment on column api.reservations.session_id is 'The session that used it.';
comment on column api.reservations.created_at is 'When the row was made.';
comment on column api.reservations.updated_at is 'When the row was last changed.';
