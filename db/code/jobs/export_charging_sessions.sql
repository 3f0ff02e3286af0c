-- Read the rows of an export of charging_sessions, in the shape of the API's list.
--
-- A stream: as an expression of a select list (select (r).* from (select
-- jobs.export_charging_sessions(1, 2) as r offset 0) as rows) a function in SQL gives row after row
-- as they are read, and keeps none. The range comes by sub-selects, so that the index on it is
-- read in order and nothing is sorted.
-- Only an export that runs has rows: the runner reads what a person asked for and no more.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, in the transaction of jobs.begin_export.
create or replace function jobs.export_charging_sessions(p_tenant_id bigint, p_export_id bigint)
returns setof api.charging_sessions
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select t.*
    from api.charging_sessions as t
    where
        t.tenant_id = p_tenant_id
        and t.started_at >= (
            select e.from_at
            from core.exports as e
            where
                e.tenant_id = p_tenant_id
                and e.id = p_export_id
                and e.list = 'charging_sessions'
                and e.state = 'running'
        )
        and t.started_at < (
            select e.to_at
            from core.exports as e
            where
                e.tenant_id = p_tenant_id
                and e.id = p_export_id
                and e.list = 'charging_sessions'
                and e.state = 'running'
        )
    order by t.started_at, t.id;
$$;
revoke all on function jobs.export_charging_sessions(bigint, bigint) from public;
grant execute on function jobs.export_charging_sessions(bigint, bigint) to jobs;
comment on function jobs.export_charging_sessions(bigint, bigint) is
    'Read the rows of an export of charging_sessions, in the shape of the API''s list.';
