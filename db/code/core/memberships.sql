-- Memberships: staff see their own, with users.read all of their tenant; the platform all.
-- Written by functions only.
create policy memberships_select_staff on core.memberships for select to staff
using (tenant_id = (select claims.tenant_id()));
-- Within the tenant this `or` costs no index: the tenant's rows are few.
create policy memberships_select_permission on core.memberships as restrictive
for select to staff
using (user_id = (select claims.user_id()) or (select claims.has_permission('users.read')));
create policy memberships_select_platform on core.memberships for select to platform
using (true);

grant select (tenant_id, user_id, role_id, is_active, accepted_at, created_at, updated_at)
on core.memberships to staff, platform;

create trigger memberships__keep_an_admin after update or delete on core.memberships
for each row execute function access.tg_memberships__keep_an_admin();
create trigger memberships__keep_a_platform_admin after update or delete on core.memberships
for each row execute function access.tg_keep_a_platform_admin();
create trigger memberships__touch_updated_at before update on core.memberships
for each row execute function audit.tg_touch_updated_at();
create trigger memberships__log_change after insert or update or delete on core.memberships
for each row execute function audit.tg_log_change();
