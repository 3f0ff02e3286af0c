-- Members of campaigns: staff read their tenant's, the platform all. Written by functions only.
create policy campaign_members_select_staff on core.campaign_members for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy campaign_members_select_platform on core.campaign_members for select to platform
using (true);

grant select (
    tenant_id, campaign_id, charge_point_id, state, wave_no, command_id, reason, updated_at
) on core.campaign_members to staff, platform;

create trigger campaign_members__touch_updated_at before update on core.campaign_members
for each row execute function audit.tg_touch_updated_at();
