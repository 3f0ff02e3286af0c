-- Run the job that has been due for longest, if any.
--
-- One job a call, and so one transaction a job: what a job locks is free when it is done, and a
-- failure takes nothing else along. The caller repeats until no row is returned.
-- A job whose detail ends in 'more is left' has its next turn in 5 seconds at the latest.
-- The schedule's row is locked while its job runs and passed over by others: however many
-- runners there are, each run happens once. A failed job waits for its next turn, too.
-- ops.job_runs gets a row only when something was done or failed.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, pg_cron.
-- Writes:    ops.job_schedules, ops.job_runs, and what the jobs write.
create or replace function jobs.run_due(p_runner text)
returns table (job text, outcome text, detail text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_job text;
    v_started_at constant timestamptz := clock_timestamp();
    v_outcome text := 'done';
    v_detail text;
begin
    select s.job into v_job
    from ops.job_schedules as s
    where s.is_enabled and s.next_run_at <= v_started_at
    order by s.next_run_at
    limit 1
    for update skip locked;
    if v_job is null then
        return;
    end if;

    begin
        execute format('select jobs.%I()', v_job) into v_detail;
        set constraints all immediate;
        v_detail := coalesce(v_detail, '');
    exception
        -- A time-out is caught as well, or the job that always hits it would always be the one
        -- that has been due for longest, and no other would ever run.
        when query_canceled or others then
            v_outcome := 'failed';
            v_detail := format('%s: %s', sqlstate, sqlerrm);
            raise log 'job % failed: %', v_job, v_detail;
    end;

    update ops.job_schedules as s
    set next_run_at = clock_timestamp() + case
        when v_outcome = 'done' and v_detail like '%more is left'
            then least(s.every, interval '5 seconds')
        else s.every
    end
    where s.job = v_job;
    if v_outcome = 'failed' or v_detail <> '' then
        insert into ops.job_runs (job, runner, started_at, finished_at, outcome, detail)
        values (
            v_job, left(coalesce(p_runner, ''), 100), v_started_at, clock_timestamp(), v_outcome,
            left(v_detail, 2000)
        );
    end if;
    return query select v_job, v_outcome, v_detail;
end;
$$;
revoke all on function jobs.run_due(text) from public;
grant execute on function jobs.run_due(text) to jobs;
comment on function jobs.run_due(text) is
    'Run the job that has been due for longest; returns what it did, or no row.';
