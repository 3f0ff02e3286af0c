-- Roles: staff read their tenant's, the platform all. Written by functions only, which see to
-- it that nobody gives what they do not have.
create policy roles_select_staff on core.roles for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy roles_select_platform on core.roles for select to platform
using (true);

grant select (tenant_id, id, name, audience, is_built_in, description, created_at, updated_at)
on core.roles to staff, platform;

create trigger roles__touch_updated_at before update on core.roles
for each row execute function audit.tg_touch_updated_at();
create trigger roles__log_change after insert or update or delete on core.roles
for each row execute function audit.tg_log_change();
