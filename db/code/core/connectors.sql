-- Connectors: staff read their tenant's and write them with charge_points.write; the platform all.
-- Their state is written by functions only, too often for the audit: only what people change
-- is logged. Drivers see no rows (see core/charge_points.sql).
create policy connectors_select_staff on core.connectors for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy connectors_select_platform on core.connectors for select to platform
using (true);
create policy connectors_insert_staff on core.connectors for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy connectors_update_staff on core.connectors for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy connectors_delete_staff on core.connectors for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy connectors_insert_permission on core.connectors as restrictive for insert to staff
with check ((select claims.has_permission('charge_points.write')));
create policy connectors_update_permission on core.connectors as restrictive for update to staff
using ((select claims.has_permission('charge_points.write')))
with check ((select claims.has_permission('charge_points.write')));
create policy connectors_delete_permission on core.connectors as restrictive for delete to staff
using ((select claims.has_permission('charge_points.write')));
create policy connectors_insert_platform on core.connectors for insert to platform
with check (true);
create policy connectors_update_platform on core.connectors for update to platform
using (true)
with check (true);
create policy connectors_delete_platform on core.connectors for delete to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w, is_discovered, status,
    status_at, error_code, error_info, vendor_error_code, status_received_at, created_at,
    updated_at
) on core.connectors to staff, customer, platform;
grant insert (
    tenant_id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w
) on core.connectors to staff, platform;
grant update (
    connector_no, ocpp16_connector_id, connector_type, format, power_type, max_voltage_v,
    max_current_a, max_power_w, is_discovered
) on core.connectors to staff, platform;
grant delete on core.connectors to staff, platform;

create trigger connectors__require_permission before insert or update or delete on core.connectors
for each statement execute function access.tg_require_permission('charge_points.write');
create trigger connectors__touch_updated_at before update on core.connectors
for each row execute function audit.tg_touch_updated_at();
create trigger connectors__log_change
after insert or delete or update of
    connector_no, ocpp16_connector_id, connector_type, format, power_type, max_voltage_v,
    max_current_a, max_power_w, is_discovered
on core.connectors
for each row execute function audit.tg_log_change();
create trigger connectors__limit_update after update on core.connectors
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger connectors__limit_delete after delete on core.connectors
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
-- Told to webhooks and people.
create trigger connectors__emit_faulted after update of status on core.connectors
for each row when (new.status = 'Faulted' and old.status <> 'Faulted')
execute function notify.tg_connectors__emit();
