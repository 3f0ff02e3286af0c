-- Dunning levels: staff with billing.read see their tenant's and write them with billing.write, the
-- platform all.
create policy dunning_levels_select_staff on core.dunning_levels for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy dunning_levels_select_permission on core.dunning_levels as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy dunning_levels_select_platform on core.dunning_levels for select to platform
using (true);
create policy dunning_levels_insert_staff on core.dunning_levels for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy dunning_levels_update_staff on core.dunning_levels for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy dunning_levels_delete_staff on core.dunning_levels for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy dunning_levels_insert_permission on core.dunning_levels as restrictive
for insert to staff
with check ((select claims.has_permission('billing.write')));
create policy dunning_levels_update_permission on core.dunning_levels as restrictive
for update to staff
using ((select claims.has_permission('billing.write')))
with check ((select claims.has_permission('billing.write')));
create policy dunning_levels_delete_permission on core.dunning_levels as restrictive
for delete to staff
using ((select claims.has_permission('billing.write')));
create policy dunning_levels_insert_platform on core.dunning_levels for insert to platform
with check (true);
create policy dunning_levels_update_platform on core.dunning_levels for update to platform
using (true)
with check (true);
create policy dunning_levels_delete_platform on core.dunning_levels for delete to platform
using (true);

grant select (
    tenant_id, legal_entity_id, level, days_after_due, fee, due_days, blocks_charging,
    created_at, updated_at
) on core.dunning_levels to staff, platform;
grant insert (
    tenant_id, legal_entity_id, level, days_after_due, fee, due_days, blocks_charging
) on core.dunning_levels to staff, platform;
grant update (
    days_after_due, fee, due_days, blocks_charging
) on core.dunning_levels to staff, platform;
grant delete on core.dunning_levels to staff, platform;

create trigger dunning_levels__require_permission
before insert or update or delete on core.dunning_levels
for each statement execute function access.tg_require_permission('billing.write');
create trigger dunning_levels__touch_updated_at before update on core.dunning_levels
for each row execute function audit.tg_touch_updated_at();
create trigger dunning_levels__log_change after insert or update or delete on core.dunning_levels
for each row execute function audit.tg_log_change();
create trigger dunning_levels__limit_update after update on core.dunning_levels
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger dunning_levels__limit_delete after delete on core.dunning_levels
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
