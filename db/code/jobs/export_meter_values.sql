-- Read the rows of an export of meter_values, in the shape of the API's list.
--
-- A stream: as an expression of a select list (select (r).* from (select
-- jobs.export_meter_values(1, 2) as r offset 0) as rows) a function in SQL gives row after row
-- as they are read, and keeps none. The range comes by sub-selects, so that the index on it is
-- read in order and nothing is sorted.
-- Only an export that runs has rows: the runner reads what a person asked for and no more.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, in the transaction of jobs.begin_export.
create or replace function jobs.export_meter_values(p_tenant_id bigint, p_export_id bigint)
returns setof api.meter_values
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select t.*
    from api.meter_values as t
    where
        t.tenant_id = p_tenant_id
        and t.sampled_at >= (
            select e.from_at
            from core.exports as e
            where
                e.tenant_id = p_tenant_id
                and e.id = p_export_id
                and e.list = 'meter_values'
                and e.state = 'running'
        )
        and t.sampled_at < (
            select e.to_at
            from core.exports as e
            where
                e.tenant_id = p_tenant_id
                and e.id = p_export_id
                and e.list = 'meter_values'
                and e.state = 'running'
        )
    order by t.charge_point_id, t.evse_no, t.sampled_at;
$$;
revoke all on function jobs.export_meter_values(bigint, bigint) from public;
grant execute on function jobs.export_meter_values(bigint, bigint) to jobs;
comment on function jobs.export_meter_values(bigint, bigint) is
    'Read the rows of an export of meter_values, in the shape of the API''s list.';
