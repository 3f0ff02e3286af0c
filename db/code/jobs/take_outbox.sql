-- Take the outside effect of a kind that has been due for longest, if any.
--
-- The caller goes on with jobs.prepare_outbox, makes the call and reports with
-- jobs.finish_outbox. That the call is about to be made is committed before it is made: whatever
-- happens to the runner then, it is not made again by itself (jobs.tend_outbox).
-- With p_can_ask an unknown one is taken as well, to ask the other side what became of it.
-- One waits while an earlier one with its ordering key is not over, and while two of its lane, or
-- four of its kind and tenant, are being called: receivers that do not answer, or a tenant that has
-- many of them, must not hold all the threads there are.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    ops.outbox, ops.outbox_attempts.
create or replace function jobs.take_outbox(p_runner text, p_kind text, p_can_ask boolean)
returns table (
    outbox_id bigint, number integer, is_ask boolean, tenant_id bigint, idempotency_key text
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_row ops.outbox;
    v_is_ask boolean := false;
    v_busy text[];
    v_full bigint[];
begin
    -- One taker of a kind at a time, or several would each find one place free, and all take it.
    perform pg_advisory_xact_lock(hashtextextended('jobs.take_outbox/' || p_kind, 0));
    v_busy := array(
        select r.lane
        from ops.outbox as r
        where r.state in ('running', 'asking') and r.lane is not null
        group by r.lane
        having count(*) >= 2
    );
    v_full := array(
        select r.tenant_id
        from ops.outbox as r
        where r.state in ('running', 'asking') and r.kind = p_kind and r.tenant_id is not null
        group by r.tenant_id
        having count(*) >= 4
    );
    select o.* into v_row
    from ops.outbox as o
    where
        o.kind = p_kind
        and o.state = 'waiting'
        and o.next_attempt_at <= clock_timestamp()
        and not exists (
            select
            from ops.outbox as e
            where
                e.ordering_key = o.ordering_key
                and e.id < o.id
                and e.state in ('waiting', 'running', 'asking', 'unknown')
        )
        and (o.lane is null or o.lane <> all (v_busy))
        and (o.tenant_id is null or o.tenant_id <> all (v_full))
    order by o.next_attempt_at, o.id
    limit 1
    for update skip locked;
    if not found and p_can_ask then
        v_is_ask := true;
        select o.* into v_row
        from ops.outbox as o
        where
            o.kind = p_kind and o.state = 'unknown' and o.next_attempt_at <= clock_timestamp()
        order by o.next_attempt_at, o.id
        limit 1
        for update skip locked;
    end if;
    if v_row.id is null then
        return;
    end if;

    update ops.outbox as o
    set
        state = case when v_is_ask then 'asking' else 'running' end,
        attempts = o.attempts + (not v_is_ask)::integer,
        asks = o.asks + v_is_ask::integer,
        calls = o.calls + 1,
        taken_at = clock_timestamp()
    where o.id = v_row.id;
    insert into ops.outbox_attempts (outbox_id, number, runner, is_ask)
    values (v_row.id, v_row.calls + 1, left(p_runner, 100), v_is_ask);
    return query
    select v_row.id, v_row.calls + 1, v_is_ask, v_row.tenant_id, v_row.idempotency_key;
end;
$$;
revoke all on function jobs.take_outbox(text, text, boolean) from public;
grant execute on function jobs.take_outbox(text, text, boolean) to jobs;
comment on function jobs.take_outbox(text, text, boolean) is
    'Take the outside effect of a kind that has been due for longest; no row when none is.';
