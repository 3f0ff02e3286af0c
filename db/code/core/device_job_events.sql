-- Progress of firmware updates and uploads: staff read their tenant's, the platform all.
-- Append-only, written by functions.
create policy device_job_events_select_staff on core.device_job_events for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy device_job_events_select_platform on core.device_job_events
for select to platform
using (true);

grant select (tenant_id, device_job_id, id, status, state, received_at)
on core.device_job_events to staff, platform;
