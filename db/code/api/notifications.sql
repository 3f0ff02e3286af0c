-- Who was told what, read-only.
create or replace view api.notifications
with (security_invoker = true) as
select
    n.tenant_id,
    n.id,
    n.event_id,
    n.kind,
    n.user_id,
    n.customer_id,
    n.channel_id,
    n.channel,
    n.object,
    n.outbox_id,
    n.created_at
from core.notifications as n;

grant select (
    tenant_id, id, event_id, kind, user_id, customer_id, channel_id, channel, object, outbox_id,
    created_at
) on api.notifications to staff, customer, platform;

comment on view api.notifications is
    E'A message to somebody about something that happened.\n'
    'The outbox says how its delivery went. Staff read them with the permission '
    'notifications.write, people their own.';
comment on column api.notifications.tenant_id is 'The tenant; null for the installation itself.';
comment on column api.notifications.id is 'Number of the message.';
comment on column api.notifications.event_id is 'The event that it tells of.';
comment on column api.notifications.kind is 'Name of the message, as in notification_kinds.';
comment on column api.notifications.user_id is 'The person who was told.';
comment on column api.notifications.customer_id is 'The customer who was told.';
comment on column api.notifications.channel_id is 'The gateway or room that it went through.';
comment on column api.notifications.channel is 'email, sms or chat.';
comment on column api.notifications.object is 'What it is about, as kind/number.';
comment on column api.notifications.outbox_id is 'Its delivery, in the outbox.';
comment on column api.notifications.created_at is 'When the event was turned into the message.';
