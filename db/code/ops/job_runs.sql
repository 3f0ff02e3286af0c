-- Runs of jobs concern the whole installation: the platform reads them.
create policy job_runs_select_platform on ops.job_runs for select to platform
using (true);

grant select (id, job, runner, started_at, finished_at, outcome, detail)
on ops.job_runs to platform;
