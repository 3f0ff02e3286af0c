-- Price sessions that are over, and hold those that cannot be priced.
--
-- A batch is one statement in one exception block. When it fails, its first 40 sessions are priced
-- one by one, and the one that fails is held as pricing_failed with what PostgreSQL said: it keeps
-- nobody else waiting. What a second attempt may mend (a deadlock, no memory) is no such failure:
-- the run fails as a whole and comes again, and so does one that is cancelled.
-- Rows of the queue and sessions are locked and passed over by others: two runners at once never
-- price one session twice, and a run that is killed leaves its rows in the queue.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.sessions_to_rate, what pricing.rate_sessions writes; sessions are locked.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.rate_sessions()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := access.get_setting('pricing.rate_batch')::integer;
    v_queue_ids bigint[];
    v_tenant_ids bigint[];
    v_session_ids bigint[];
    v_done record;
    v_rated bigint := 0;
    v_held bigint := 0;
    v_failed integer := 0;
    v_is_full boolean;
    v_has_failed boolean := false;
begin
    with taken as materialized (
        select q.id, q.tenant_id, q.session_id
        from ops.sessions_to_rate as q
        inner join core.sessions as s on s.tenant_id = q.tenant_id and s.id = q.session_id
        order by q.id
        limit v_limit
        for update of q skip locked
        -- One that changes at this moment comes again.
        for no key update of s skip locked
    ),
    one_each as (
        select distinct t.tenant_id, t.session_id from taken as t
    )
    select
        array_agg(o.tenant_id order by o.tenant_id, o.session_id),
        array_agg(o.session_id order by o.tenant_id, o.session_id),
        (select array_agg(t.id) from taken as t)
    into v_tenant_ids, v_session_ids, v_queue_ids
    from one_each as o;
    if v_session_ids is null then
        return '';
    end if;
    v_is_full := cardinality(v_queue_ids) >= v_limit;

    begin
        v_done := pricing.rate_sessions(v_tenant_ids, v_session_ids);
        v_rated := v_done.rated;
        v_held := v_done.held;
    exception
        when
            serialization_failure or deadlock_detected or lock_not_available
            or insufficient_resources or operator_intervention
        then
            raise;
        when others then
            raise log 'a batch of sessions could not be priced: %: %', sqlstate, sqlerrm;
            v_has_failed := true;
    end;

    if v_has_failed then
        v_is_full := v_is_full or cardinality(v_session_ids) > 40;
        v_tenant_ids := v_tenant_ids[:40];
        v_session_ids := v_session_ids[:40];
        -- A loop, so that each has a block of its own; 40 blocks stay cheap.
        for v_no in 1..cardinality(v_session_ids) loop
            begin
                v_done := pricing.rate_sessions(
                    v_tenant_ids[v_no:v_no], v_session_ids[v_no:v_no]
                );
                v_rated := v_rated + v_done.rated;
                v_held := v_held + v_done.held;
            exception
                when
                    serialization_failure or deadlock_detected or lock_not_available
                    or insufficient_resources or operator_intervention
                then
                    raise;
                when others then
                    raise log 'session % of tenant % could not be priced: %: %',
                        v_session_ids[v_no], v_tenant_ids[v_no], sqlstate, sqlerrm;
                    perform pricing.hold_failed_session(
                        v_tenant_ids[v_no], v_session_ids[v_no], sqlstate, sqlerrm
                    );
                    v_failed := v_failed + 1;
            end;
        end loop;
    end if;

    delete from ops.sessions_to_rate as q
    using unnest(v_tenant_ids, v_session_ids) as k (tenant_id, session_id)
    where
        q.id = any(v_queue_ids)
        and q.tenant_id = k.tenant_id
        and q.session_id = k.session_id;
    return concat_ws(
        '; ',
        nullif(concat_ws(
            ', ',
            case when v_rated > 0 then format('rated %s sessions', v_rated) end,
            case when v_held > 0 then format('held %s', v_held) end,
            case when v_failed > 0 then format('failed on %s', v_failed) end
        ), ''),
        case when v_is_full then 'more is left' end
    );
end;
$$;
revoke all on function jobs.rate_sessions() from public;
grant execute on function jobs.rate_sessions() to jobs;
comment on function jobs.rate_sessions() is
    'Price sessions that are over, hold those that cannot be; returns what was done.';
