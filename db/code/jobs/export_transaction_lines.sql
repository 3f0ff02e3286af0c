-- Read the rows of an export of transaction_lines, in the shape of the API's list.
--
-- A stream: as an expression of a select list (select (r).* from (select
-- jobs.export_transaction_lines(1, 2) as r offset 0) as rows) a function in SQL gives row after row
-- as they are read, and keeps none. The range comes by sub-selects, so that the index on it is
-- read in order and nothing is sorted.
-- Only an export that runs has rows: the runner reads what a person asked for and no more.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, in the transaction of jobs.begin_export.
create or replace function jobs.export_transaction_lines(p_tenant_id bigint, p_export_id bigint)
returns setof api.transaction_lines
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select t.*
    from api.transaction_lines as t
    where
        t.tenant_id = p_tenant_id
        and t.ended_at >= (
            select e.from_at
            from core.exports as e
            where
                e.tenant_id = p_tenant_id
                and e.id = p_export_id
                and e.list = 'transaction_lines'
                and e.state = 'running'
        )
        and t.ended_at < (
            select e.to_at
            from core.exports as e
            where
                e.tenant_id = p_tenant_id
                and e.id = p_export_id
                and e.list = 'transaction_lines'
                and e.state = 'running'
        )
    order by t.ended_at, t.transaction_id, t.line_no;
$$;
revoke all on function jobs.export_transaction_lines(bigint, bigint) from public;
grant execute on function jobs.export_transaction_lines(bigint, bigint) to jobs;
comment on function jobs.export_transaction_lines(bigint, bigint) is
    'Read the rows of an export of transaction_lines, in the shape of the API''s list.';
