-- What runs when, for the platform; a job can be switched off, or be told to run at once.
create or replace view api.job_schedules
with (security_invoker = true) as
select
    s.job, s.every, s.cron, s.time_zone, s.is_enabled, s.next_run_at, s.description
from ops.job_schedules as s;

grant select (job, every, cron, time_zone, is_enabled, next_run_at, description)
on api.job_schedules to platform;
grant update (is_enabled, next_run_at) on api.job_schedules to platform;

comment on view api.job_schedules is
    E'What runs when in the background.\n'
    'For platform administrators, who may switch a job off (is_enabled) or let it run at once '
    '(next_run_at).';
comment on column api.job_schedules.job is 'Name of the job; its runs stand in job_runs.';
comment on column api.job_schedules.every is 'How often it runs, when not by the calendar.';
comment on column api.job_schedules.cron is
    'When it runs by the calendar: minute, hour, day, month, day of the week.';
comment on column api.job_schedules.time_zone is 'The zone of cron.';
comment on column api.job_schedules.is_enabled is 'Switched off, it does not run.';
comment on column api.job_schedules.next_run_at is 'When it runs next.';
comment on column api.job_schedules.description is 'What it does.';
