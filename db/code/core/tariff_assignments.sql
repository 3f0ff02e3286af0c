-- Assignments of tariffs: staff read their tenant's and write them with tariffs.write; the platform
-- all. A session keeps the tariff that it was given when its assignment changes or goes.
create policy tariff_assignments_select_staff on core.tariff_assignments for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy tariff_assignments_select_platform on core.tariff_assignments for select to platform
using (true);
create policy tariff_assignments_insert_staff on core.tariff_assignments for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy tariff_assignments_update_staff on core.tariff_assignments for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy tariff_assignments_delete_staff on core.tariff_assignments for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy tariff_assignments_insert_permission on core.tariff_assignments as restrictive
for insert to staff
with check ((select claims.has_permission('tariffs.write')));
create policy tariff_assignments_update_permission on core.tariff_assignments as restrictive
for update to staff
using ((select claims.has_permission('tariffs.write')))
with check ((select claims.has_permission('tariffs.write')));
create policy tariff_assignments_delete_permission on core.tariff_assignments as restrictive
for delete to staff
using ((select claims.has_permission('tariffs.write')));
create policy tariff_assignments_insert_platform on core.tariff_assignments for insert to platform
with check (true);
create policy tariff_assignments_update_platform on core.tariff_assignments for update to platform
using (true)
with check (true);
create policy tariff_assignments_delete_platform on core.tariff_assignments for delete to platform
using (true);

grant select (
    tenant_id, id, tariff_id, site_id, charge_point_group_id, charge_point_id, evse_id,
    connector_id, customer_group_id, id_token_id, priority, starts_at, ends_at, place, audience,
    created_at, updated_at
) on core.tariff_assignments to staff, platform;
grant insert (
    tenant_id, tariff_id, site_id, charge_point_group_id, charge_point_id, evse_id, connector_id,
    customer_group_id, id_token_id, priority, starts_at, ends_at
) on core.tariff_assignments to staff, platform;
grant update (
    tariff_id, site_id, charge_point_group_id, charge_point_id, evse_id, connector_id,
    customer_group_id, id_token_id, priority, starts_at, ends_at
) on core.tariff_assignments to staff, platform;
grant delete on core.tariff_assignments to staff, platform;

create trigger tariff_assignments__require_permission
before insert or update or delete on core.tariff_assignments
for each statement execute function access.tg_require_permission('tariffs.write');
create trigger tariff_assignments__check before insert or update on core.tariff_assignments
for each row execute function pricing.tg_tariff_assignments__check();
create trigger tariff_assignments__touch_updated_at before update on core.tariff_assignments
for each row execute function audit.tg_touch_updated_at();
create trigger tariff_assignments__log_change
after insert or update or delete
on core.tariff_assignments
for each row execute function audit.tg_log_change(
    '-place', '-audience', '-target', '-valid'
);
create trigger tariff_assignments__limit_update after update on core.tariff_assignments
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger tariff_assignments__limit_delete after delete on core.tariff_assignments
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger tariff_assignments__queue after insert or update on core.tariff_assignments
for each row execute function pricing.tg_queue_without_tariff();
