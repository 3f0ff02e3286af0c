-- Sessions that are held for want of a tariff are judged anew when one is assigned or gets a
-- version.
--
-- Called by: triggers tariff_assignments__queue and tariff_versions__queue, after insert or
--            update, for each row.
-- Writes:    ops.sessions_to_rate.
-- Definer:   tariffs are assigned by people, and the queue is nobody's to write.
create or replace function pricing.tg_queue_without_tariff()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.sessions_to_rate (tenant_id, session_id)
    select t.tenant_id, t.session_id
    from core.transactions as t
    where
        t.tenant_id = new.tenant_id
        and t.state = 'held'
        and t.hold_reasons @> '{tariff_missing}'
        and t.session_id is not null
        -- Once a transaction, however many tariffs it assigns. A row of another one does not count:
        -- a runner may have it in hand that cannot see this assignment.
        and not exists (
            select
            from ops.sessions_to_rate as q
            where
                q.tenant_id = t.tenant_id
                and q.session_id = t.session_id
                and q.queued_at = now()
        );
    return null;
end;
$$;
revoke all on function pricing.tg_queue_without_tariff() from public;
comment on function pricing.tg_queue_without_tariff() is
    'Trigger: judge sessions anew that are held for want of a tariff.';
