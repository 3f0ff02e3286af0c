-- Webhooks without their secrets. Made by create_webhook; changed and deleted here.
create or replace view api.webhooks
with (security_invoker = true) as
select
    w.tenant_id,
    w.id,
    w.name,
    w.url,
    w.event_types,
    w.is_enabled,
    w.old_secret_until,
    w.failing_since,
    w.last_success_at,
    w.disabled_reason,
    w.created_at,
    w.updated_at
from core.webhooks as w;

grant select (
    tenant_id, id, name, url, event_types, is_enabled, old_secret_until, failing_since,
    last_success_at, disabled_reason, created_at, updated_at
) on api.webhooks to staff, platform;
grant update (name, url, event_types, is_enabled) on api.webhooks to staff, platform;
grant delete on api.webhooks to staff, platform;

comment on view api.webhooks is
    E'Addresses outside that events are sent to.\n'
    'Needs the permission webhooks.write. create_webhook makes one; see docs/webhooks.md for what '
    'is sent and how it is signed.';
comment on column api.webhooks.tenant_id is 'The tenant whose events are sent.';
comment on column api.webhooks.id is 'Number of the webhook.';
comment on column api.webhooks.name is 'Name, unique within the tenant.';
comment on column api.webhooks.url is 'Where events are sent: https, in the internet.';
comment on column api.webhooks.event_types is
    'Which types of events are sent (event_types lists them); null for all.';
comment on column api.webhooks.is_enabled is
    'Switched off, nothing is sent; switched on, what happens from then on.';
comment on column api.webhooks.old_secret_until is
    'Until when the secret before this one signs as well; null without one.';
comment on column api.webhooks.failing_since is
    'Since when nothing has arrived; null while it works.';
comment on column api.webhooks.last_success_at is 'When something arrived last, to the minute.';
comment on column api.webhooks.disabled_reason is 'Why it was switched off by itself.';
comment on column api.webhooks.created_at is 'When it was made.';
comment on column api.webhooks.updated_at is 'When it was last changed.';
