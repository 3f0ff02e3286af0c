-- Where a person gets SMS, writable.
create or replace view api.notification_phones
with (security_invoker = true) as
select
    p.tenant_id,
    p.user_id,
    p.phone,
    p.created_at,
    p.updated_at
from core.notification_phones as p;
alter view api.notification_phones alter column tenant_id set default claims.tenant_id();
alter view api.notification_phones alter column user_id set default claims.user_id();

grant select (
    tenant_id, user_id, phone, created_at, updated_at
) on api.notification_phones to staff, customer, platform;
grant insert (
    tenant_id, user_id, phone
) on api.notification_phones to staff, customer, platform;
grant update (phone) on api.notification_phones to staff, customer, platform;
grant delete on api.notification_phones to staff, customer, platform;

comment on view api.notification_phones is
    E'Where you get SMS.\nEach kind of message has a switch for it in notification_preferences.';
comment on column api.notification_phones.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.notification_phones.user_id is
    'The person; filled in from the token.';
comment on column api.notification_phones.phone is
    'Number with its country code: +49...';
comment on column api.notification_phones.created_at is
    'When the row was made.';
comment on column api.notification_phones.updated_at is
    'When the row was last changed.';
