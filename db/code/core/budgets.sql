-- Budgets: staff read their tenant's and write them with tariffs.write, drivers read their own
-- and their tokens', the platform all.
create policy budgets_select_staff on core.budgets for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy budgets_select_customer on core.budgets for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and (
        user_id = (select claims.user_id())
        or id_token_id = any(array(
            select t.id
            from core.id_tokens as t
            where
                t.tenant_id = (select claims.tenant_id())
                and t.user_id = (select claims.user_id())
        ))
    )
);
create policy budgets_select_platform on core.budgets for select to platform
using (true);
create policy budgets_insert_staff on core.budgets for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy budgets_update_staff on core.budgets for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy budgets_delete_staff on core.budgets for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy budgets_insert_permission on core.budgets as restrictive for insert to staff
with check ((select claims.has_permission('tariffs.write')));
create policy budgets_update_permission on core.budgets as restrictive for update to staff
using ((select claims.has_permission('tariffs.write')))
with check ((select claims.has_permission('tariffs.write')));
create policy budgets_delete_permission on core.budgets as restrictive for delete to staff
using ((select claims.has_permission('tariffs.write')));
create policy budgets_insert_platform on core.budgets for insert to platform
with check (true);
create policy budgets_update_platform on core.budgets for update to platform
using (true)
with check (true);
create policy budgets_delete_platform on core.budgets for delete to platform
using (true);

grant select (
    tenant_id, id, id_token_id, user_id, per, max_energy_wh, max_amount, currency, is_enabled,
    created_at, updated_at
) on core.budgets to staff, customer, platform;
grant insert (
    tenant_id, id_token_id, user_id, per, max_energy_wh, max_amount, currency, is_enabled
) on core.budgets to staff, platform;
grant update (
    per, max_energy_wh, max_amount, currency, is_enabled
) on core.budgets to staff, platform;
grant delete on core.budgets to staff, platform;

create trigger budgets__require_permission before insert or update or delete on core.budgets
for each statement execute function access.tg_require_permission('tariffs.write');
create trigger budgets__touch_updated_at before update on core.budgets
for each row execute function audit.tg_touch_updated_at();
create trigger budgets__log_change after insert or update or delete on core.budgets
for each row execute function audit.tg_log_change();
create trigger budgets__limit_update after update on core.budgets
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger budgets__limit_delete after delete on core.budgets
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
