-- Runs of jobs that did something or failed, for the platform.
create or replace view api.job_runs
with (security_invoker = true) as
select r.id, r.job, r.runner, r.started_at, r.finished_at, r.outcome, r.detail
from ops.job_runs as r;

grant select (id, job, runner, started_at, finished_at, outcome, detail)
on api.job_runs to platform;

comment on view api.job_runs is
    E'Runs of background jobs that did something or failed.\nFor platform administrators.';
comment on column api.job_runs.id is 'Number of the run.';
comment on column api.job_runs.job is 'Name of the job.';
comment on column api.job_runs.runner is 'The process that ran it.';
comment on column api.job_runs.started_at is 'When it began.';
comment on column api.job_runs.finished_at is 'When it ended.';
comment on column api.job_runs.outcome is 'done or failed.';
comment on column api.job_runs.detail is 'What was done, or the error.';
