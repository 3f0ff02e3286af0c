-- The jobs that are switched on, for a runner with a clock: when each is due.
--
-- next_run_at is null for a job by the calendar that nobody has planned: the runner reads cron in
-- time_zone and says when with jobs.plan_job.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
create or replace function jobs.list_schedules()
returns table (job text, cron text, time_zone text, next_run_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select s.job, s.cron, s.time_zone, nullif(s.next_run_at, 'infinity')
    from ops.job_schedules as s
    where s.is_enabled
    order by s.job
$$;
revoke all on function jobs.list_schedules() from public;
grant execute on function jobs.list_schedules() to jobs;
comment on function jobs.list_schedules() is
    'The jobs that are switched on, for a runner with a clock: when each is due.';
