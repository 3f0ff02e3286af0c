-- The SMS gateway and the chat rooms of a tenant, writable.
create or replace view api.notification_channels
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.name,
    c.channel,
    c.kinds,
    c.language,
    c.is_enabled,
    c.has_url,
    c.created_at,
    c.updated_at
from core.notification_channels as c;
alter view api.notification_channels alter column tenant_id set default claims.tenant_id();
alter view api.notification_channels alter column language set default 'en';
alter view api.notification_channels alter column is_enabled set default true;

grant select (
    tenant_id, id, name, channel, kinds, language, is_enabled, has_url, created_at, updated_at
) on api.notification_channels to staff, platform;
grant insert (
    tenant_id, name, channel, kinds, language, is_enabled
) on api.notification_channels to staff, platform;
grant update (name, kinds, language, is_enabled) on api.notification_channels to staff, platform;
grant delete on api.notification_channels to staff, platform;

comment on view api.notification_channels is
    E'An SMS gateway, or a chat room where operators read what happens.\n'
    'Its address, which holds keys, is said with set_notification_channel_url. Staff write them '
    'with the permission notifications.write.';
comment on column api.notification_channels.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.notification_channels.id is
    'Number of the channel.';
comment on column api.notification_channels.name is
    'Name, unique within the tenant.';
comment on column api.notification_channels.channel is
    'sms for the gateway that SMS go through, chat for a room of operators.';
comment on column api.notification_channels.kinds is
    'Which messages a room gets; null for all that operators get.';
comment on column api.notification_channels.language is
    'Language of a room (ISO 639-1).';
comment on column api.notification_channels.is_enabled is
    'Switched off, nothing goes there.';
comment on column api.notification_channels.has_url is
    'Whether set_notification_channel_url has said where it is.';
comment on column api.notification_channels.created_at is
    'When the row was made.';
comment on column api.notification_channels.updated_at is
    'When the row was last changed.';
