-- The built-in words of messages, read-only.
create or replace view api.default_notification_templates
with (security_invoker = true) as
select
    d.kind,
    d.language,
    d.subject,
    d.body
from core.default_notification_templates as d;

grant select (
    kind, language, subject, body
) on api.default_notification_templates to staff, customer, platform;

comment on view api.default_notification_templates is
    E'The built-in words of a message.\nA tenant''s own are in notification_templates.';
comment on column api.default_notification_templates.kind is
    'Name of the message.';
comment on column api.default_notification_templates.language is
    'Language (ISO 639-1).';
comment on column api.default_notification_templates.subject is
    'Subject of the e-mail; all that an SMS or chat message says.';
comment on column api.default_notification_templates.body is
    'Text of the e-mail.';
