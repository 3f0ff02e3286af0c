-- Say when a job by the calendar is due, unless somebody has said so already.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    ops.job_schedules.
create or replace function jobs.plan_job(p_job text, p_next_run_at timestamptz)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.job_schedules as s
    set next_run_at = p_next_run_at
    where s.job = p_job and s.cron is not null and s.next_run_at = 'infinity';
end;
$$;
revoke all on function jobs.plan_job(text, timestamptz) from public;
grant execute on function jobs.plan_job(text, timestamptz) to jobs;
comment on function jobs.plan_job(text, timestamptz) is
    'Say when a job by the calendar is due, unless somebody has said so already.';
