-- Firmware updates and uploads of logs: staff read their tenant's, the platform all. Written by
-- functions only; the events and the message log say what happened.
create policy device_jobs_select_staff on core.device_jobs for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy device_jobs_select_platform on core.device_jobs for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, request_no, kind, state, status_reported, url, file_name,
    details, command_id, campaign_id, created_at, updated_at, finished_at
) on core.device_jobs to staff, platform;

create trigger device_jobs__touch_updated_at before update on core.device_jobs
for each row execute function audit.tg_touch_updated_at();
