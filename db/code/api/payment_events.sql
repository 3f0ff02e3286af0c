-- What card providers told.
create or replace view api.payment_events
with (security_invoker = true) as
select
    e.tenant_id,
    e.id,
    e.payment_provider_id,
    e.event_id,
    e.type,
    e.data,
    e.signed_at,
    e.received_at,
    e.processed_at,
    e.payment_id,
    e.outcome
from core.payment_events as e;

grant select (
    tenant_id, id, payment_provider_id, event_id, type, data, signed_at, received_at,
    processed_at, payment_id, outcome
) on api.payment_events to staff, platform;

comment on view api.payment_events is
    E'What card providers told, signed, each once.';
comment on column api.payment_events.tenant_id is 'The tenant that owns the row.';
comment on column api.payment_events.id is 'Number of the row.';
comment on column api.payment_events.payment_provider_id is
    'The card provider (payment_providers); null for others.';
comment on column api.payment_events.event_id is 'The event, as the provider names it.';
comment on column api.payment_events.type is 'What kind of event, in the words of the provider.';
comment on column api.payment_events.data is 'The event as it came.';
comment on column api.payment_events.signed_at is 'When the provider signed it.';
comment on column api.payment_events.received_at is 'When it came.';
comment on column api.payment_events.processed_at is 'When it was looked at; null while it waits.';
comment on column api.payment_events.payment_id is 'The payment that it is about, if any.';
comment on column api.payment_events.outcome is 'What came of it.';
