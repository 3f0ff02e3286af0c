-- EVSEs: staff read their tenant's and write them with charge_points.write; the platform all.
-- Drivers see no rows (see core/charge_points.sql).
create policy evses_select_staff on core.evses for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy evses_select_platform on core.evses for select to platform
using (true);
create policy evses_insert_staff on core.evses for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy evses_update_staff on core.evses for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy evses_delete_staff on core.evses for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy evses_insert_permission on core.evses as restrictive for insert to staff
with check ((select claims.has_permission('charge_points.write')));
create policy evses_update_permission on core.evses as restrictive for update to staff
using ((select claims.has_permission('charge_points.write')))
with check ((select claims.has_permission('charge_points.write')));
create policy evses_delete_permission on core.evses as restrictive for delete to staff
using ((select claims.has_permission('charge_points.write')));
create policy evses_insert_platform on core.evses for insert to platform
with check (true);
create policy evses_update_platform on core.evses for update to platform
using (true)
with check (true);
create policy evses_delete_platform on core.evses for delete to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, evse_no, evse_id, physical_reference, is_discovered,
    created_at, updated_at
) on core.evses to staff, customer, platform;
grant insert (tenant_id, charge_point_id, evse_no, evse_id, physical_reference)
on core.evses to staff, platform;
grant update (evse_no, evse_id, physical_reference, is_discovered)
on core.evses to staff, platform;
grant delete on core.evses to staff, platform;

create trigger evses__require_permission before insert or update or delete on core.evses
for each statement execute function access.tg_require_permission('charge_points.write');
create trigger evses__normalise before insert or update of evse_id on core.evses
for each row execute function fleet.tg_evses__normalise();
create trigger evses__touch_updated_at before update on core.evses
for each row execute function audit.tg_touch_updated_at();
create trigger evses__log_change after insert or update or delete on core.evses
for each row execute function audit.tg_log_change();
create trigger evses__limit_update after update on core.evses
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger evses__limit_delete after delete on core.evses
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
