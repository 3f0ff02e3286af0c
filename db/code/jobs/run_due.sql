-- Run the job that has been due for longest, if any: for runners without a clock of their own.
--
-- One job a call, and so one transaction a job; the caller repeats until no row is returned.
-- Jobs by the calendar are planned by whoever can read one (jobs.list_schedules).
-- Security definer: the jobs runner has no right on any table.
-- Called by: pg_cron.
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
begin
    -- Locked here already: who comes at the same time takes the next one.
    select s.job into v_job
    from ops.job_schedules as s
    where s.is_enabled and s.next_run_at <= clock_timestamp()
    order by s.next_run_at
    limit 1
    for update skip locked;
    if v_job is not null then
        return query select r.job, r.outcome, r.detail from jobs.run_job(v_job, p_runner) as r;
    end if;
end;
$$;
revoke all on function jobs.run_due(text) from public;
grant execute on function jobs.run_due(text) to jobs;
comment on function jobs.run_due(text) is
    'Run the job that has been due for longest; returns what it did, or no row.';
