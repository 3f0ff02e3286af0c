-- Sites: staff read their tenant's and write them with sites.write; the platform all.
-- Drivers see no rows: a public map will have a view of its own. They may name the table, so
-- that embedding a site into a session of theirs is empty and not an error.
create policy sites_select_staff on core.sites for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy sites_select_platform on core.sites for select to platform
using (true);
create policy sites_insert_staff on core.sites for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy sites_update_staff on core.sites for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy sites_delete_staff on core.sites for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy sites_insert_permission on core.sites as restrictive for insert to staff
with check ((select claims.has_permission('sites.write')));
create policy sites_update_permission on core.sites as restrictive for update to staff
using ((select claims.has_permission('sites.write')))
with check ((select claims.has_permission('sites.write')));
create policy sites_delete_permission on core.sites as restrictive for delete to staff
using ((select claims.has_permission('sites.write')));
create policy sites_insert_platform on core.sites for insert to platform
with check (true);
create policy sites_update_platform on core.sites for update to platform
using (true)
with check (true);
create policy sites_delete_platform on core.sites for delete to platform
using (true);

grant select (
    tenant_id, id, name, address, postal_code, city, country_code, latitude, longitude,
    time_zone, is_public, created_at, updated_at
) on core.sites to staff, customer, platform;
grant insert (
    tenant_id, name, address, postal_code, city, country_code, latitude, longitude, time_zone,
    is_public
) on core.sites to staff, platform;
grant update (
    name, address, postal_code, city, country_code, latitude, longitude, time_zone, is_public
) on core.sites to staff, platform;
grant delete on core.sites to staff, platform;

create trigger sites__require_permission before insert or update or delete on core.sites
for each statement execute function access.tg_require_permission('sites.write');
create trigger sites__check before insert or update of country_code, time_zone
on core.sites
for each row execute function fleet.tg_sites__check();
create trigger sites__touch_updated_at before update on core.sites
for each row execute function audit.tg_touch_updated_at();
create trigger sites__log_change after insert or update or delete on core.sites
for each row execute function audit.tg_log_change();
create trigger sites__limit_update after update on core.sites
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger sites__limit_delete after delete on core.sites
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
