-- Transfer locations: staff read their tenant's and write them with firmware.write; the platform
-- all.
create policy transfer_locations_select_staff on core.transfer_locations for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy transfer_locations_select_platform on core.transfer_locations
for select to platform
using (true);
create policy transfer_locations_insert_staff on core.transfer_locations for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy transfer_locations_update_staff on core.transfer_locations for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy transfer_locations_delete_staff on core.transfer_locations for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy transfer_locations_insert_permission on core.transfer_locations as restrictive
for insert to staff
with check ((select claims.has_permission('firmware.write')));
create policy transfer_locations_update_permission on core.transfer_locations as restrictive
for update to staff
using ((select claims.has_permission('firmware.write')))
with check ((select claims.has_permission('firmware.write')));
create policy transfer_locations_delete_permission on core.transfer_locations as restrictive
for delete to staff
using ((select claims.has_permission('firmware.write')));
create policy transfer_locations_insert_platform on core.transfer_locations
for insert to platform
with check (true);
create policy transfer_locations_update_platform on core.transfer_locations
for update to platform
using (true)
with check (true);
create policy transfer_locations_delete_platform on core.transfer_locations
for delete to platform
using (true);

grant select (
    tenant_id, id, name, direction, url_prefix, is_enabled, is_one_time, created_at, updated_at
) on core.transfer_locations to staff, platform;
grant insert (tenant_id, name, direction, url_prefix, is_enabled, is_one_time)
on core.transfer_locations to staff, platform;
grant update (name, direction, url_prefix, is_enabled, is_one_time)
on core.transfer_locations to staff, platform;
grant delete on core.transfer_locations to staff, platform;

create trigger transfer_locations__require_permission
before insert or update or delete on core.transfer_locations
for each statement execute function access.tg_require_permission('firmware.write');
create trigger transfer_locations__normalise before insert or update of url_prefix
on core.transfer_locations
for each row execute function fleet.tg_transfer_locations__normalise();
create trigger transfer_locations__touch_updated_at before update on core.transfer_locations
for each row execute function audit.tg_touch_updated_at();
create trigger transfer_locations__log_change
after insert or update or delete
on core.transfer_locations
for each row execute function audit.tg_log_change();
create trigger transfer_locations__limit_update after update on core.transfer_locations
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger transfer_locations__limit_delete after delete on core.transfer_locations
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
