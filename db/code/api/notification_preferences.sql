-- What a person switched on or off, writable.
create or replace view api.notification_preferences
with (security_invoker = true) as
select
    p.tenant_id,
    p.user_id,
    p.kind,
    p.channel,
    p.is_enabled,
    p.created_at,
    p.updated_at
from core.notification_preferences as p;
alter view api.notification_preferences alter column tenant_id set default claims.tenant_id();
alter view api.notification_preferences alter column user_id set default claims.user_id();

grant select (
    tenant_id, user_id, kind, channel, is_enabled, created_at, updated_at
) on api.notification_preferences to staff, customer, platform;
grant insert (
    tenant_id, user_id, kind, channel, is_enabled
) on api.notification_preferences to staff, customer, platform;
grant update (is_enabled) on api.notification_preferences to staff, customer, platform;
grant delete on api.notification_preferences to staff, customer, platform;

comment on view api.notification_preferences is
    E'A switch of yours for a message.\n'
    'Without one the default of the message holds, and there is no SMS.';
comment on column api.notification_preferences.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.notification_preferences.user_id is
    'The person; filled in from the token.';
comment on column api.notification_preferences.kind is
    'Name of the message.';
comment on column api.notification_preferences.channel is
    'email or sms.';
comment on column api.notification_preferences.is_enabled is
    'Whether they want it that way.';
comment on column api.notification_preferences.created_at is
    'When the row was made.';
comment on column api.notification_preferences.updated_at is
    'When the row was last changed.';
