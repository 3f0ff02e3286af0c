-- Alarms, read-only.
create or replace view api.alarms
with (security_invoker = true) as
select
    a.tenant_id,
    a.id,
    a.charge_point_id,
    a.kind,
    a.severity,
    a.message,
    a.details,
    a.occurrences,
    a.raised_at,
    a.last_raised_at,
    a.acknowledged_at,
    a.acknowledged_by,
    a.cleared_at
from core.alarms as a;

grant select (
    tenant_id, id, charge_point_id, kind, severity, message, details, occurrences, raised_at,
    last_raised_at, acknowledged_at, acknowledged_by, cleared_at
) on api.alarms to staff, platform;

comment on view api.alarms is
    E'What somebody should look at: one open row for each charge point and kind.\n'
    'Open ones have no cleared_at. acknowledge_alarm says that somebody has seen it, clear_alarm '
    'that it is over; some clear by themselves.';
comment on column api.alarms.tenant_id is 'The tenant that owns the row.';
comment on column api.alarms.id is 'Number of the alarm.';
comment on column api.alarms.charge_point_id is
    'The charge point; null for an alarm of the whole tenant.';
comment on column api.alarms.kind is 'What it is about, a stable name.';
comment on column api.alarms.severity is 'info, warning or critical: the highest so far.';
comment on column api.alarms.message is 'What happened the last time, for people.';
comment on column api.alarms.details is 'Details of the last time; its keys depend on the kind.';
comment on column api.alarms.occurrences is 'How often it was raised while it was open.';
comment on column api.alarms.raised_at is 'When it was first raised.';
comment on column api.alarms.last_raised_at is 'When it was last raised.';
comment on column api.alarms.acknowledged_at is 'When somebody said that they had seen it.';
comment on column api.alarms.acknowledged_by is 'Who that was.';
comment on column api.alarms.cleared_at is 'When it was over; null while it is open.';
