-- Security events of charge points, read-only.
create or replace view api.security_events
with (security_invoker = true) as
select
    e.tenant_id,
    e.id,
    e.charge_point_id,
    e.type,
    e.is_critical,
    e.happened_at,
    e.happened_at_reported,
    e.received_at,
    e.tech_info
from core.security_events as e;

grant select (
    tenant_id, id, charge_point_id, type, is_critical, happened_at, happened_at_reported,
    received_at, tech_info
) on api.security_events to staff, platform;

comment on view api.security_events is
    E'What charge points reported that matters to security, each event once.\n'
    'Those that somebody should look at raise an alarm, too.';
comment on column api.security_events.tenant_id is 'The tenant that owns the row.';
comment on column api.security_events.id is 'Number of the event.';
comment on column api.security_events.charge_point_id is 'The charge point that reported it.';
comment on column api.security_events.type is
    'What happened: a name of the OCPP security whitepaper, or the charger''s own.';
comment on column api.security_events.is_critical is
    'Whether the whitepaper calls this type critical.';
comment on column api.security_events.happened_at is
    'When it happened; when it arrived, if what the charger says cannot be true.';
comment on column api.security_events.happened_at_reported is
    'When it happened in the words of the charger.';
comment on column api.security_events.received_at is 'When it first arrived.';
comment on column api.security_events.tech_info is 'What else the charger said about it.';
