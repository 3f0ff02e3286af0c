-- Campaigns: staff read their tenant's, the platform all. Written by functions only.
create policy campaigns_select_staff on core.campaigns for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy campaigns_select_platform on core.campaigns for select to platform
using (true);

grant select (
    tenant_id, id, name, action, payload, state, wave_size, wave_interval, max_failures, batch_id,
    next_wave_at, stop_reason, created_by, created_at, updated_at, finished_at
) on core.campaigns to staff, platform;

create trigger campaigns__touch_updated_at before update on core.campaigns
for each row execute function audit.tg_touch_updated_at();
create trigger campaigns__log_change after insert or update or delete on core.campaigns
for each row execute function audit.tg_log_change('-next_wave_at');
