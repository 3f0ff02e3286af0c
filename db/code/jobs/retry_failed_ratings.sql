-- Sessions that our own code failed on wait to be priced again: the code may have been mended.
--
-- Those first that were tried longest ago, and not more than a run of jobs.rate_sessions prices one
-- by one in a few seconds: what fails for ever shall not keep the others waiting.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.sessions_to_rate.
-- Returns:   how many, empty for none.
create or replace function jobs.retry_failed_ratings()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queued integer;
begin
    insert into ops.sessions_to_rate (tenant_id, session_id)
    select t.tenant_id, t.session_id
    from core.transactions as t
    where
        t.state = 'held'
        and t.hold_reasons @> '{pricing_failed}'
        and t.session_id is not null
    order by t.updated_at
    limit 200;
    get diagnostics v_queued = row_count;
    return case when v_queued > 0 then format('queued %s sessions', v_queued) else '' end;
end;
$$;
revoke all on function jobs.retry_failed_ratings() from public;
grant execute on function jobs.retry_failed_ratings() to jobs;
comment on function jobs.retry_failed_ratings() is
    'Queue sessions that our own code failed on once more; returns how many.';
