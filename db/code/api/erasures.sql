-- Erasures, read-only.
create or replace view api.erasures
with (security_invoker = true) as
select
    e.tenant_id,
    e.id,
    e.user_id,
    e.state,
    e.requested_at,
    e.requested_by,
    e.reason,
    e.erased_at,
    e.erased_by,
    e.counts
from core.erasures as e;

grant select (
    tenant_id, id, user_id, state, requested_at, requested_by, reason, erased_at, erased_by,
    counts
) on api.erasures to staff, customer, platform;

comment on view api.erasures is
    E'Who asked to be erased, and what became of it.\n'
    'Everybody reads their own, staff with privacy.write those of their tenant. request_erasure '
    'and erase_person write them.';
comment on column api.erasures.tenant_id is 'The tenant that owns the row.';
comment on column api.erasures.id is 'Number of the request.';
comment on column api.erasures.user_id is 'Whom it is about.';
comment on column api.erasures.state is 'requested, or done.';
comment on column api.erasures.requested_at is 'When it was asked for.';
comment on column api.erasures.requested_by is 'Who asked.';
comment on column api.erasures.reason is 'Why, in the words of who did it.';
comment on column api.erasures.erased_at is 'When it was done.';
comment on column api.erasures.erased_by is 'Who did it.';
comment on column api.erasures.counts is 'Rows deleted or overwritten, by table.';
