-- Runs of jobs concern the whole installation: the platform reads them.
create policy job_runs_select_platform on ops.job_runs for select to platform
using (true);

grant select (id, job, runner, started_at, finished_at, outcome, detail)
on ops.job_runs to platform;

-- Told to webhooks and people.
create trigger job_runs__emit_failed after insert on ops.job_runs
for each row when (new.outcome = 'failed')
execute function notify.tg_job_runs__emit();
