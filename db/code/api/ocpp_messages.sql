-- The message log, read-only.
create or replace view api.ocpp_messages
with (security_invoker = true) as
select
    m.tenant_id,
    m.id,
    m.charge_point_id,
    (
        select c.identity
        from core.charge_points as c
        where c.tenant_id = m.tenant_id and c.id = m.charge_point_id
    ) as charge_point_identity,
    m.connection_id,
    m.received_at,
    m.direction,
    case m.message_type when 2 then 'CALL' when 3 then 'CALLRESULT' when 4 then 'CALLERROR' end
        as message_type,
    m.message_id,
    m.action,
    m.payload,
    m.error_code
from ops.message_log as m;

grant select (
    tenant_id, id, charge_point_id, charge_point_identity, connection_id, received_at, direction,
    message_type, message_id, action, payload, error_code
) on api.ocpp_messages to staff, platform;

comment on view api.ocpp_messages is
    E'Every OCPP frame, both ways.\n'
    'Name a charge point and a range of received_at, or use the function search_ocpp_messages: '
    'the log is large. Needs the permission messages.read. Secrets are masked.';
comment on column api.ocpp_messages.tenant_id is 'The tenant that owns the row.';
comment on column api.ocpp_messages.id is 'Number of the frame, in the order of arrival.';
comment on column api.ocpp_messages.charge_point_id is 'The charge point.';
comment on column api.ocpp_messages.charge_point_identity is 'Its OCPP identity.';
comment on column api.ocpp_messages.connection_id is
    'The connection: with message_id it pairs a call with its answer.';
comment on column api.ocpp_messages.received_at is 'When it was received or sent.';
comment on column api.ocpp_messages.direction is 'in (from the charger) or out (to it).';
comment on column api.ocpp_messages.message_type is
    'CALL, CALLRESULT or CALLERROR; null for a frame that could not be read.';
comment on column api.ocpp_messages.message_id is 'The message id that the caller gave.';
comment on column api.ocpp_messages.action is 'The OCPP action, such as StartTransaction.';
comment on column api.ocpp_messages.payload is
    'The payload as it was sent; the whole frame when it could not be read.';
comment on column api.ocpp_messages.error_code is 'The OCPP error code of a CALLERROR.';
