-- Security events: staff see their tenant's, the platform all. Written by functions only.
create policy security_events_select_staff on core.security_events for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy security_events_select_platform on core.security_events for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, type, is_critical, happened_at, happened_at_reported,
    received_at, tech_info
) on core.security_events to staff, platform;

-- Told to webhooks and people.
create trigger security_events__emit after insert on core.security_events
for each row when (new.is_critical)
execute function notify.tg_security_events__emit();
