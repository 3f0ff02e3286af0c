-- Find calls whose runner died, and keep effects that must wait out of the way.
--
-- A runner that has not reported within the lease of its kind is taken for dead. Whether its call
-- was made nobody knows: the effect is unknown, or tried again where that does no harm.
-- What waits for an earlier one of its ordering key is due when that is over
-- (jobs.finish_outbox); until then it is put off, so that takers do not walk past it every time.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.outbox, ops.outbox_attempts, and what the hooks write.
create or replace function jobs.tend_outbox()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row record;
    v_lost bigint := 0;
begin
    -- One by one: each has its own consequences (jobs.settle_<kind>), and there are few.
    for v_row in
        select o.id, o.calls
        from ops.outbox as o
        where
            o.state in ('running', 'asking')
            and o.taken_at < now() - (notify.get_outbox_kind(o.kind)).lease
        order by o.id
        limit 1000
        for update skip locked
    loop
        perform jobs.finish_outbox(
            v_row.id, v_row.calls, 'unknown', null, 'its runner ended before it reported'
        );
        v_lost := v_lost + 1;
    end loop;

    update ops.outbox as o
    set next_attempt_at = w.wake_at
    from (
        select
            b.id,
            -- The end of the earlier one wakes it; the time is for the case that it is missed.
            case
                when e.state = 'waiting' then e.next_attempt_at else now() + interval '10 minutes'
            end as wake_at
        from ops.outbox as b
        cross join lateral (
            select f.state, f.next_attempt_at
            from ops.outbox as f
            where
                f.ordering_key = b.ordering_key
                and f.id < b.id
                and f.state in ('waiting', 'running', 'asking', 'unknown')
            order by f.id
            limit 1
        ) as e
        where
            b.state = 'waiting'
            and b.next_attempt_at <= now()
            and (
                e.state = 'unknown'
                or e.state = 'waiting' and e.next_attempt_at > now() + interval '10 seconds'
            )
        limit 10000
        for update of b skip locked
    ) as w
    where o.id = w.id;
    return case when v_lost > 0 then format('%s calls without an outcome', v_lost) else '' end;
end;
$$;
revoke all on function jobs.tend_outbox() from public;
grant execute on function jobs.tend_outbox() to jobs;
comment on function jobs.tend_outbox() is
    'Find calls to the outside whose runner died, and put off what must wait for others.';
