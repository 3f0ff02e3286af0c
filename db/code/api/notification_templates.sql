-- A tenant's own words of messages, writable.
create or replace view api.notification_templates
with (security_invoker = true) as
select
    t.tenant_id,
    t.kind,
    t.language,
    t.subject,
    t.body,
    t.created_at,
    t.updated_at
from core.notification_templates as t;
alter view api.notification_templates alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, kind, language, subject, body, created_at, updated_at
) on api.notification_templates to staff, platform;
grant insert (
    tenant_id, kind, language, subject, body
) on api.notification_templates to staff, platform;
grant update (subject, body) on api.notification_templates to staff, platform;
grant delete on api.notification_templates to staff, platform;

comment on view api.notification_templates is
    E'A tenant''s own words of a message, in a language.\n'
    'What stands between ${ and } is filled in: notification_kinds says what there is. Staff '
    'write them with the permission notifications.write.';
comment on column api.notification_templates.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.notification_templates.kind is
    'Name of the message.';
comment on column api.notification_templates.language is
    'Language (ISO 639-1).';
comment on column api.notification_templates.subject is
    'Subject of the e-mail; all that an SMS or chat message says. One line.';
comment on column api.notification_templates.body is
    'Text of the e-mail; ${number} and the like are filled in.';
comment on column api.notification_templates.created_at is
    'When the row was made.';
comment on column api.notification_templates.updated_at is
    'When the row was last changed.';
