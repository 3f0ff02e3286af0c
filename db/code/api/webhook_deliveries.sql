-- What was sent to webhooks, and how it went.
create or replace view api.webhook_deliveries
with (security_invoker = true) as
select
    d.tenant_id,
    d.webhook_id,
    d.event_id,
    d.number,
    d.is_replay,
    e.type as event_type,
    e.object_type,
    e.object_id,
    d.outbox_id,
    o.state,
    o.attempts,
    o.next_attempt_at,
    o.delivered_at,
    o.last_error,
    d.created_at
from core.webhook_deliveries as d
left join core.events as e on e.id = d.event_id
left join ops.outbox as o on o.id = d.outbox_id;

create trigger webhook_deliveries__refuse_change instead of insert or update or delete
on api.webhook_deliveries
for each row execute function audit.tg_view__refuse_change();

grant select (
    tenant_id, webhook_id, event_id, number, is_replay, event_type, object_type, object_id,
    outbox_id, state, attempts, next_attempt_at, delivered_at, last_error, created_at
) on api.webhook_deliveries to staff, platform;

comment on view api.webhook_deliveries is
    E'What is sent to webhooks, and how it went.\n'
    'Needs the permission webhooks.write. outbox_attempts has each call; replay_webhook sends '
    'again.';
comment on column api.webhook_deliveries.tenant_id is 'The tenant whose webhook it is.';
comment on column api.webhook_deliveries.webhook_id is 'The webhook.';
comment on column api.webhook_deliveries.event_id is 'The event, in events.';
comment on column api.webhook_deliveries.number is
    'The how many-th sending of this event: 1, and one more with each replay.';
comment on column api.webhook_deliveries.is_replay is 'Whether somebody asked for it.';
comment on column api.webhook_deliveries.event_type is
    'What happened; null when you may not see the event (billing.read).';
comment on column api.webhook_deliveries.object_type is 'What it is about.';
comment on column api.webhook_deliveries.object_id is 'Number of what it is about.';
comment on column api.webhook_deliveries.outbox_id is
    'Its row in outbox; null when that is past its time.';
comment on column api.webhook_deliveries.state is
    'waiting, running, delivered, or dead: given up.';
comment on column api.webhook_deliveries.attempts is 'How often it was tried.';
comment on column api.webhook_deliveries.next_attempt_at is 'When it is tried next.';
comment on column api.webhook_deliveries.delivered_at is 'When the other side took it.';
comment on column api.webhook_deliveries.last_error is 'Why the last try did not succeed.';
comment on column api.webhook_deliveries.created_at is 'When it was due first.';
