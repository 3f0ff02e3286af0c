-- Report what came of a call to the outside.
--
-- p_number: of the call (jobs.take_outbox); null when an operator decides.
-- p_outcome: delivered; retry (it was not done and may be tried again; in answer to asking: the
-- other side has never had it); unknown (nobody knows whether it was done); dead (it will never
-- be done). An unknown one is asked for, if its deliverer can, or waits for an operator; only
-- what is repeatable (ops.outbox_kinds) is tried again then.
-- p_retry_after_s: what the other side asked for; at most a day is granted.
-- p_result: what the other side answered, for jobs.settle_<kind>(ops.outbox, jsonb) returns void,
-- which is called, if it exists, after every call, with the row in its new state: so the effect
-- within the database and the end of the call are one transaction.
-- A report that comes after others took over counts while the outcome is open; afterwards it is
-- ignored. Returns the state of the row now, null when there is none.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, jobs.prepare_outbox, jobs.tend_outbox, api.discard_outbox.
-- Writes:    ops.outbox, ops.outbox_attempts, core.events (outbox.dead), what the hook writes.
-- Errors:    22023 for an outcome that does not exist.
create or replace function notify.get_outbox_delay(
    p_kind ops.outbox_kinds,
    p_tries integer,
    p_retry_after_s double precision
)
returns interval
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- Twice as long each time, a quarter more or less: what failed together comes apart.
    select greatest(
        least(
            p_kind.first_delay * (2 ^ least(greatest(p_tries, 1) - 1, 20)), p_kind.longest_delay
        ) * (0.75 + random() / 2),
        make_interval(secs => least(greatest(p_retry_after_s, 0), 86400))
    )
$$;
revoke all on function notify.get_outbox_delay(
    ops.outbox_kinds, integer, double precision
) from public;
comment on function notify.get_outbox_delay(ops.outbox_kinds, integer, double precision) is
    'How long the next try of an outside effect waits.';

create or replace function jobs.finish_outbox(
    p_outbox_id bigint,
    p_number integer,
    p_outcome text,
    p_code integer,
    p_detail text,
    p_retry_after_s double precision default null,
    p_result jsonb default null
)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row ops.outbox;
    v_kind ops.outbox_kinds;
    v_was_ask boolean;
    v_delay interval;
    v_hook regprocedure;
begin
    if p_outcome is null or p_outcome not in ('delivered', 'retry', 'unknown', 'dead') then
        raise exception using
            errcode = '22023',
            message = format('there is no outcome %s', coalesce(p_outcome, 'null'));
    end if;
    select o.* into v_row from ops.outbox as o where o.id = p_outbox_id for update;
    if not found then
        return null;
    end if;
    if
        v_row.state in ('delivered', 'dead')
        or p_number is not null and v_row.calls <> p_number
    then
        return v_row.state;
    end if;

    update ops.outbox_attempts as a
    set
        finished_at = clock_timestamp(),
        outcome = p_outcome,
        code = p_code,
        detail = left(p_detail, 2000)
    where a.outbox_id = p_outbox_id and a.number = p_number
    returning a.is_ask into v_was_ask;

    v_kind := notify.get_outbox_kind(v_row.kind);
    v_delay := notify.get_outbox_delay(
        v_kind, case when v_was_ask then v_row.asks else v_row.attempts end, p_retry_after_s
    );
    update ops.outbox as o
    set
        state = n.state,
        next_attempt_at = case
            -- It was never there: nothing to wait for.
            when n.state = 'waiting' and v_was_ask and p_outcome = 'retry' then clock_timestamp()
            when n.state in ('waiting', 'unknown') then clock_timestamp() + v_delay
        end,
        taken_at = null,
        delivered_at = case when n.state = 'delivered' then clock_timestamp() end,
        dead_at = case when n.state = 'dead' then clock_timestamp() end,
        last_error = case when n.state <> 'delivered' then left(p_detail, 2000) end
    from (
        select case
            when p_outcome in ('delivered', 'dead') then p_outcome
            when p_outcome = 'unknown' and not v_kind.is_repeatable then 'unknown'
            when v_row.attempts >= v_kind.max_attempts then 'dead'
            else 'waiting'
        end as state
    ) as n
    where o.id = p_outbox_id
    returning o.* into v_row;

    if v_row.state in ('delivered', 'dead') and v_row.ordering_key is not null then
        update ops.outbox as o
        set next_attempt_at = clock_timestamp()
        where
            o.state = 'waiting'
            and o.next_attempt_at > clock_timestamp()
            and o.id = (
                select min(e.id)
                from ops.outbox as e
                where
                    e.ordering_key = v_row.ordering_key
                    and e.id > p_outbox_id
                    and e.state in ('waiting', 'running', 'asking', 'unknown')
            );
    end if;
    -- A webhook that fails tells of itself (webhook.disabled); not with one more webhook each.
    if v_row.state = 'dead' and v_row.kind <> 'webhook' then
        perform notify.emit(
            v_row.tenant_id, 'outbox.dead', 'outbox', v_row.id,
            jsonb_build_object(
                'kind', v_row.kind, 'attempts', v_row.attempts, 'error', v_row.last_error
            )
        );
    end if;
    v_hook := to_regprocedure(format('jobs.settle_%s(ops.outbox, jsonb)', v_row.kind));
    if v_hook is not null then
        execute format('select %s($1, $2)', v_hook::oid::regproc) using v_row, p_result;
    end if;
    return v_row.state;
end;
$$;
revoke all on function jobs.finish_outbox(
    bigint, integer, text, integer, text, double precision, jsonb
) from public;
grant execute on function jobs.finish_outbox(
    bigint, integer, text, integer, text, double precision, jsonb
) to jobs;
comment on function jobs.finish_outbox(
    bigint, integer, text, integer, text, double precision, jsonb
) is 'Report what came of a call to the outside; returns the state of the effect now.';
