-- What goes outside and how far it is, without what is in it.
create or replace view api.outbox
with (security_invoker = true) as
select
    o.tenant_id,
    o.id,
    o.kind,
    o.idempotency_key,
    o.state,
    o.attempts,
    o.asks,
    o.calls,
    o.ordering_key,
    o.created_at,
    o.next_attempt_at,
    o.taken_at,
    o.delivered_at,
    o.dead_at,
    o.last_error
from ops.outbox as o;

grant select (
    tenant_id, id, kind, idempotency_key, state, attempts, asks, calls, ordering_key, created_at,
    next_attempt_at, taken_at, delivered_at, dead_at, last_error
) on api.outbox to staff, platform;

comment on view api.outbox is
    E'Effects outside: mails, webhooks, card payments, questions to registers.\n'
    'Needs the permission jobs.write (webhooks: or webhooks.write). Those with the state dead were '
    'given up, those with unknown may have been done or not: retry_outbox and discard_outbox '
    'decide on both.';
comment on column api.outbox.tenant_id is
    'The tenant that it is done for; null for the installation.';
comment on column api.outbox.id is 'Number of the effect.';
comment on column api.outbox.kind is 'What it is: email, webhook, card_payment ...';
comment on column api.outbox.idempotency_key is
    'Names the effect, and goes outside with it, so that a repeat is known for one.';
comment on column api.outbox.state is
    'waiting; running: being called; delivered; unknown: called and not answered; asking: an '
    'unknown one that is being asked for; dead: given up.';
comment on column api.outbox.attempts is 'How often it was tried, since an operator last said so.';
comment on column api.outbox.asks is 'How often the other side was asked what became of it.';
comment on column api.outbox.calls is 'Calls in all: the number of the last outbox_attempts.';
comment on column api.outbox.ordering_key is 'Effects with one key go out one after the other.';
comment on column api.outbox.created_at is 'When it was asked for.';
comment on column api.outbox.next_attempt_at is 'When it is tried or asked for next.';
comment on column api.outbox.taken_at is 'Since when it is being called.';
comment on column api.outbox.delivered_at is 'When it was done.';
comment on column api.outbox.dead_at is 'When it was given up.';
comment on column api.outbox.last_error is 'Why the last call did not succeed.';
