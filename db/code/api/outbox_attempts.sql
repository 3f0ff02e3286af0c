-- Every call to the outside.
create or replace view api.outbox_attempts
with (security_invoker = true) as
select
    o.tenant_id,
    a.outbox_id,
    a.number,
    a.runner,
    a.is_ask,
    a.started_at,
    a.finished_at,
    a.outcome,
    a.code,
    a.detail
from ops.outbox_attempts as a
inner join ops.outbox as o on o.id = a.outbox_id;

create trigger outbox_attempts__refuse_change instead of insert or update or delete
on api.outbox_attempts
for each row execute function audit.tg_view__refuse_change();

grant select (
    tenant_id, outbox_id, number, runner, is_ask, started_at, finished_at, outcome, code, detail
) on api.outbox_attempts to staff, platform;

comment on view api.outbox_attempts is
    E'Every call that was made for an effect outside.\n'
    'Needs the permission jobs.write (webhooks: or webhooks.write).';
comment on column api.outbox_attempts.tenant_id is 'The tenant that it was made for.';
comment on column api.outbox_attempts.outbox_id is 'The effect, in outbox.';
comment on column api.outbox_attempts.number is 'The how many-th call of it.';
comment on column api.outbox_attempts.runner is 'The process that made it.';
comment on column api.outbox_attempts.is_ask is
    'Whether it asked what became of an earlier one, instead of doing it.';
comment on column api.outbox_attempts.started_at is 'When it began.';
comment on column api.outbox_attempts.finished_at is
    'When it ended; null while it lasts, and when its runner died.';
comment on column api.outbox_attempts.outcome is
    'delivered, retry (not done, may be tried again), unknown, or dead (will never be done).';
comment on column api.outbox_attempts.code is
    'What the other side gave, like the status of an HTTP reply.';
comment on column api.outbox_attempts.detail is 'What it said, or what went wrong.';
