-- Read the rows of an export of transactions, in the shape of the API's list.
--
-- A stream, as jobs.export_charging_sessions. Those with a price come first, by the index on the
-- end of what was priced; those that never had one (held, written off) follow.
-- Only an export that runs has rows: the runner reads what a person asked for and no more.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, in the transaction of jobs.begin_export.
create or replace function jobs.export_transactions(p_tenant_id bigint, p_export_id bigint)
returns setof api.transactions
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    (
        select t.*
        from core.ratings as r
        inner join core.transactions as k
            on
                k.tenant_id = r.tenant_id
                and k.id = r.transaction_id
                and k.rating_version = r.version
        inner join api.transactions as t on t.tenant_id = k.tenant_id and t.id = k.id
        where
            r.tenant_id = p_tenant_id
            and r.ended_at >= (
                select e.from_at
                from core.exports as e
                where
                    e.tenant_id = p_tenant_id
                    and e.id = p_export_id
                    and e.list = 'transactions'
                    and e.state = 'running'
            )
            and r.ended_at < (
                select e.to_at
                from core.exports as e
                where
                    e.tenant_id = p_tenant_id
                    and e.id = p_export_id
                    and e.list = 'transactions'
                    and e.state = 'running'
            )
        order by r.ended_at, r.transaction_id
    )
    union all
    select t.*
    from core.exports as e
    inner join core.transactions as k on k.tenant_id = e.tenant_id and k.rating_version is null
    inner join api.transactions as t on t.tenant_id = k.tenant_id and t.id = k.id
    where
        e.tenant_id = p_tenant_id
        and e.id = p_export_id
        and e.list = 'transactions'
        and e.state = 'running'
        and t.ended_at >= e.from_at
        and t.ended_at < e.to_at;
$$;
revoke all on function jobs.export_transactions(bigint, bigint) from public;
grant execute on function jobs.export_transactions(bigint, bigint) to jobs;
comment on function jobs.export_transactions(bigint, bigint) is
    'Read the rows of an export of transactions, in the shape of the API''s list.';
