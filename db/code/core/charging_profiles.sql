-- Charging profiles: staff read their tenant's and write them with configuration.write; the
-- platform all. What is installed keeps its own copy: a change here is for the next installation.
create policy charging_profiles_select_staff on core.charging_profiles for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charging_profiles_select_platform on core.charging_profiles for select to platform
using (true);
create policy charging_profiles_insert_staff on core.charging_profiles for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy charging_profiles_update_staff on core.charging_profiles for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy charging_profiles_delete_staff on core.charging_profiles for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy charging_profiles_insert_permission on core.charging_profiles as restrictive
for insert to staff
with check ((select claims.has_permission('configuration.write')));
create policy charging_profiles_update_permission on core.charging_profiles as restrictive
for update to staff
using ((select claims.has_permission('configuration.write')))
with check ((select claims.has_permission('configuration.write')));
create policy charging_profiles_delete_permission on core.charging_profiles as restrictive
for delete to staff
using ((select claims.has_permission('configuration.write')));
create policy charging_profiles_insert_platform on core.charging_profiles for insert to platform
with check (true);
create policy charging_profiles_update_platform on core.charging_profiles for update to platform
using (true)
with check (true);
create policy charging_profiles_delete_platform on core.charging_profiles for delete to platform
using (true);

grant select (
    tenant_id, id, name, purpose, kind, recurrency_kind, stack_level, valid_from, valid_to,
    schedule, created_at, updated_at
) on core.charging_profiles to staff, platform;
grant insert (
    tenant_id, name, purpose, kind, recurrency_kind, stack_level, valid_from, valid_to, schedule
) on core.charging_profiles to staff, platform;
grant update (name, purpose, kind, recurrency_kind, stack_level, valid_from, valid_to, schedule)
on core.charging_profiles to staff, platform;
grant delete on core.charging_profiles to staff, platform;

create trigger charging_profiles__require_permission
before insert or update or delete on core.charging_profiles
for each statement execute function access.tg_require_permission('configuration.write');
create trigger charging_profiles__check before insert or update on core.charging_profiles
for each row execute function charging.tg_charging_profiles__check();
create trigger charging_profiles__touch_updated_at
before update on core.charging_profiles
for each row execute function audit.tg_touch_updated_at();
create trigger charging_profiles__log_change
after insert or update or delete
on core.charging_profiles
for each row execute function audit.tg_log_change();
create trigger charging_profiles__limit_update
after update on core.charging_profiles
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger charging_profiles__limit_delete
after delete on core.charging_profiles
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
