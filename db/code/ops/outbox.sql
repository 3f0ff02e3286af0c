-- The outbox: staff see their tenant's with jobs.write, webhooks also with webhooks.write; the
-- platform all. Nobody sees the payload, for it may hold a token. Written by functions only.
create policy outbox_select_staff on ops.outbox for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy outbox_select_permission on ops.outbox as restrictive for select to staff
using (
    (select claims.has_permission('jobs.write'))
    or kind = 'webhook' and (select claims.has_permission('webhooks.write'))
);
create policy outbox_select_platform on ops.outbox for select to platform
using (true);

grant select (
    tenant_id, id, kind, idempotency_key, state, attempts, asks, calls, ordering_key, created_at,
    next_attempt_at, taken_at, delivered_at, dead_at, last_error
) on ops.outbox to staff, platform;
