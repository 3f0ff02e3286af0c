-- Alarms: staff see their tenant's, the platform all. Written by functions only.
create policy alarms_select_staff on core.alarms for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy alarms_select_platform on core.alarms for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, kind, severity, message, details, occurrences, raised_at,
    last_raised_at, acknowledged_at, acknowledged_by, cleared_at
) on core.alarms to staff, platform;

-- What people did; that an alarm was raised or cleared by itself stands in the row.
create trigger alarms__log_change
after update of acknowledged_at, cleared_at on core.alarms
for each row when (claims.user_id() is not null)
execute function audit.tg_log_change('-message', '-details', '-occurrences', '-last_raised_at');
