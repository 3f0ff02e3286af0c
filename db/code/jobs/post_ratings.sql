-- Post what transactions cost, or no longer cost, to the ledger.
--
-- Rows of the queue and transactions are locked and passed over by others: two runners at once
-- never post one transaction twice, and a run that is killed leaves its rows in the queue. Those
-- of a tenant without a default legal entity wait for it.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.ratings_to_post, what billing.post_transactions writes.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.post_ratings()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- A plan that was made when the tables were small would read all of them for each batch.
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $$
declare
    v_limit constant integer := access.get_setting('billing.post_batch')::integer;
    v_queue_ids bigint[];
    v_tenant_ids bigint[];
    v_transaction_ids bigint[];
    v_posted bigint;
begin
    -- One walk through the queue a tenant, so that those who wait cost nobody anything.
    select array_agg(k.id)
    into v_queue_ids
    from (
        select q.id
        from core.legal_entities as e
        cross join lateral (
            select r.id
            from ops.ratings_to_post as r
            where r.tenant_id = e.tenant_id
            order by r.id
            limit v_limit
            for update skip locked
        ) as q
        where e.is_default
        limit v_limit
    ) as k;
    if v_queue_ids is null then
        return '';
    end if;

    -- One that changes at this moment comes again.
    select array_agg(l.tenant_id), array_agg(l.id)
    into v_tenant_ids, v_transaction_ids
    from (
        select t.tenant_id, t.id
        from (
            select distinct q.tenant_id, q.transaction_id
            from ops.ratings_to_post as q
            where q.id = any(v_queue_ids)
        ) as q
        inner join core.transactions as t
            on t.tenant_id = q.tenant_id and t.id = q.transaction_id
        order by t.tenant_id, t.id
        for no key update of t skip locked
    ) as l;
    v_posted := billing.post_transactions(
        coalesce(v_tenant_ids, '{}'), coalesce(v_transaction_ids, '{}')
    );

    delete from ops.ratings_to_post as q
    where
        q.id = any(v_queue_ids)
        and (
            (q.tenant_id, q.transaction_id) in (
                select k.tenant_id, k.id
                from unnest(v_tenant_ids, v_transaction_ids) as k (tenant_id, id)
            )
            -- Nothing was sold after all.
            or not exists (
                select
                from core.transactions as t
                where t.tenant_id = q.tenant_id and t.id = q.transaction_id
            )
        );
    return concat_ws(
        '; ',
        case when v_posted > 0 then format('posted %s journals', v_posted) end,
        case when cardinality(v_queue_ids) >= v_limit then 'more is left' end
    );
end;
$$;
revoke all on function jobs.post_ratings() from public;
grant execute on function jobs.post_ratings() to jobs;
comment on function jobs.post_ratings() is
    'Post what transactions cost to the ledger; returns what was done.';
