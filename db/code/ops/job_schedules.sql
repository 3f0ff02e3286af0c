-- Schedules concern the whole installation: the platform reads them, and may switch a job off.
create policy job_schedules_select_platform on ops.job_schedules for select to platform
using (true);
create policy job_schedules_update_platform on ops.job_schedules for update to platform
using (true)
with check (true);

grant select (job, every, cron, time_zone, is_enabled, next_run_at, description)
on ops.job_schedules to platform;
grant update (is_enabled, next_run_at) on ops.job_schedules to platform;

create trigger job_schedules__log_change after update of is_enabled on ops.job_schedules
for each row execute function audit.tg_log_change('-next_run_at');
