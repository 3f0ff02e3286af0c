-- Calls to the outside: whoever sees the row of the outbox (by its own policies) sees its calls.
create policy outbox_attempts_select_staff on ops.outbox_attempts for select to staff
using (
    exists (
        select
        from ops.outbox as o
        where o.id = outbox_id and o.tenant_id = (select claims.tenant_id())
    )
);
create policy outbox_attempts_select_platform on ops.outbox_attempts for select to platform
using (true);

grant select (
    outbox_id, number, runner, is_ask, started_at, finished_at, outcome, code, detail
) on ops.outbox_attempts to staff, platform;
