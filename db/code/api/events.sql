-- What happened, newest last; read-only.
create or replace view api.events
with (security_invoker = true) as
select e.tenant_id, e.id, e.type, e.object_type, e.object_id, e.data, e.occurred_at
from core.events as e;

grant select (tenant_id, id, type, object_type, object_id, data, occurred_at)
on api.events to staff, platform;

comment on view api.events is
    E'What happened: what webhooks and messages tell of.\n'
    'Those about money take the permission billing.read. Kept for jobs.event_days.';
comment on column api.events.tenant_id is
    'The tenant whose event it is; null for one of the whole installation.';
comment on column api.events.id is 'Number of the event; a webhook sends it as evt_<id>.';
comment on column api.events.type is 'What happened: one of event_types.';
comment on column api.events.object_type is 'What it is about: session, invoice, charge_point ...';
comment on column api.events.object_id is 'Number of what it is about.';
comment on column api.events.data is 'What there is to know about it.';
comment on column api.events.occurred_at is 'When it happened.';
