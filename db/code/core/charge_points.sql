-- Charge points: staff read their tenant's and write them with charge_points.write; the platform
-- all. What a charge point says of itself at boot is written by functions only, and is no matter
-- for the audit: a charger could fill it with texts of any length.
-- Drivers see no rows, and so never an identity, which together with a key is how a charger
-- signs in. They may name the table, so that embedding it into a session of theirs is empty and
-- not an error.
create policy charge_points_select_staff on core.charge_points for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_points_select_platform on core.charge_points for select to platform
using (true);
create policy charge_points_insert_staff on core.charge_points for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy charge_points_update_staff on core.charge_points for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy charge_points_delete_staff on core.charge_points for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_points_insert_permission on core.charge_points as restrictive
for insert to staff
with check ((select claims.has_permission('charge_points.write')));
create policy charge_points_update_permission on core.charge_points as restrictive
for update to staff
using ((select claims.has_permission('charge_points.write')))
with check ((select claims.has_permission('charge_points.write')));
create policy charge_points_delete_permission on core.charge_points as restrictive
for delete to staff
using ((select claims.has_permission('charge_points.write')));
create policy charge_points_insert_platform on core.charge_points for insert to platform
with check (true);
create policy charge_points_update_platform on core.charge_points for update to platform
using (true)
with check (true);
create policy charge_points_delete_platform on core.charge_points for delete to platform
using (true);

grant select (
    tenant_id, id, identity, site_id, name, is_enabled, registration_status, security_profile,
    pending_security_profile, quirks, max_power_w, configuration_template_id, vendor, model,
    serial_number, firmware_version, iccid, imsi, meter_type, meter_serial_number, ocpp_version,
    created_at, updated_at
) on core.charge_points to staff, customer, platform;
grant insert (
    tenant_id, identity, site_id, name, is_enabled, registration_status, security_profile,
    quirks, max_power_w, configuration_template_id, serial_number
) on core.charge_points to staff, platform;
grant update (
    identity, site_id, name, is_enabled, registration_status, security_profile, quirks,
    max_power_w, configuration_template_id, serial_number
) on core.charge_points to staff, platform;
grant delete on core.charge_points to staff, platform;

create trigger charge_points__require_permission
before insert or update or delete on core.charge_points
for each statement execute function access.tg_require_permission('charge_points.write');
create trigger charge_points__list_identity
after insert or update of identity on core.charge_points
for each row execute function fleet.tg_charge_points__list_identity();
create trigger charge_points__guard_profile
before insert or update of security_profile, quirks on core.charge_points
for each row execute function fleet.tg_charge_points__guard_profile();
create trigger charge_points__touch_updated_at before update on core.charge_points
for each row execute function audit.tg_touch_updated_at();
create trigger charge_points__log_change after insert or update or delete on core.charge_points
for each row execute function audit.tg_log_change(
    '-vendor', '-model', '-serial_number', '-firmware_version', '-iccid', '-imsi', '-meter_type',
    '-meter_serial_number', '-ocpp_version', '-pending_security_profile', '-security_command_id'
);
create trigger charge_points__limit_update after update on core.charge_points
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger charge_points__limit_delete after delete on core.charge_points
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
