-- What webhooks can be told of.
create or replace view api.event_types
with (security_invoker = true) as
select t.type, t.description
from core.event_types as t;

grant select (type, description) on api.event_types to staff, customer, platform;

comment on view api.event_types is
    E'What can happen that webhooks and messages tell of.\nThe types that a webhook may name.';
comment on column api.event_types.type is 'Name of the type, like session.ended.';
comment on column api.event_types.description is 'What happened when there is such an event.';
