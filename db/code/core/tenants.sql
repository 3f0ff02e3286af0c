-- Tenants: everybody reads their own, the platform all. Staff with tenant.write change the
-- name and the like; what identifies a tenant is the platform's.
create policy tenants_select_staff on core.tenants for select to staff
using (id = (select claims.tenant_id()));
create policy tenants_select_customer on core.tenants for select to customer
using (id = (select claims.tenant_id()));
create policy tenants_select_platform on core.tenants for select to platform
using (true);
create policy tenants_update_staff on core.tenants for update to staff
using (id = (select claims.tenant_id()))
with check (id = (select claims.tenant_id()));
create policy tenants_update_permission on core.tenants as restrictive for update to staff
using ((select claims.has_permission('tenant.write')))
with check ((select claims.has_permission('tenant.write')));
create policy tenants_insert_platform on core.tenants for insert to platform
with check (true);
create policy tenants_update_platform on core.tenants for update to platform
using (true)
with check (true);

grant select (
    id, slug, name, country_code, party_id, time_zone, currency, language, cpo_name,
    is_active, allows_sign_up, created_at, updated_at
) on core.tenants to staff, customer, platform;
grant update (name, time_zone, currency, language, cpo_name, allows_sign_up) on core.tenants
to staff;
grant insert (
    slug, name, country_code, party_id, time_zone, currency, language, cpo_name, is_active,
    allows_sign_up
) on core.tenants to platform;
grant update (
    slug, name, country_code, party_id, time_zone, currency, language, cpo_name, is_active,
    allows_sign_up
) on core.tenants to platform;

create trigger tenants__require_permission before update on core.tenants
for each statement execute function access.tg_require_permission('tenant.write');
create trigger tenants__check before insert or update of time_zone on core.tenants
for each row execute function access.tg_tenants__check();
create trigger tenants__keep_a_platform_admin after update of is_active on core.tenants
for each row when (old.is_active and not new.is_active)
execute function access.tg_keep_a_platform_admin();
create trigger tenants__create_roles after insert on core.tenants
for each row execute function access.tg_tenants__create_roles();
create trigger tenants__touch_updated_at before update on core.tenants
for each row execute function audit.tg_touch_updated_at();
create trigger tenants__log_change after insert or update or delete on core.tenants
for each row execute function audit.tg_log_change();
create trigger tenants__limit_update after update on core.tenants
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger tenants__limit_delete after delete on core.tenants
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
