-- Messages that people get, read-only.
create or replace view api.notification_kinds
with (security_invoker = true) as
select
    k.kind,
    k.audience,
    k.event_types,
    k.is_on_by_default,
    k.is_mandatory,
    k.placeholders,
    k.description
from core.notification_kinds as k;

grant select (
    kind, audience, event_types, is_on_by_default, is_mandatory, placeholders, description
) on api.notification_kinds to staff, customer, platform;

comment on view api.notification_kinds is
    E'A message that people get.\n'
    'Its words are in default_notification_templates, or a tenant''s own.';
comment on column api.notification_kinds.kind is
    'Name of the message.';
comment on column api.notification_kinds.audience is
    'Who gets it: account, driver, customer or operator.';
comment on column api.notification_kinds.event_types is
    'The events that it tells of; null when a function sends it itself.';
comment on column api.notification_kinds.is_on_by_default is
    'Whether people get it by e-mail who have said nothing.';
comment on column api.notification_kinds.is_mandatory is
    'Whether its e-mail can not be switched off.';
comment on column api.notification_kinds.placeholders is
    'What ${...} its words may hold.';
comment on column api.notification_kinds.description is
    'What it is for.';
