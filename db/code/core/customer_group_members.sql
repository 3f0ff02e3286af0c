-- Members of customer groups: staff read their tenant's and add or remove them with tariffs.write;
-- the platform all. There is nothing to update.
create policy customer_group_members_select_staff on core.customer_group_members for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy customer_group_members_select_platform on core.customer_group_members
for select to platform
using (true);
create policy customer_group_members_insert_staff on core.customer_group_members for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy customer_group_members_delete_staff on core.customer_group_members for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy customer_group_members_insert_permission on core.customer_group_members as restrictive
for insert to staff
with check ((select claims.has_permission('tariffs.write')));
create policy customer_group_members_delete_permission on core.customer_group_members as restrictive
for delete to staff
using ((select claims.has_permission('tariffs.write')));
create policy customer_group_members_insert_platform on core.customer_group_members
for insert to platform
with check (true);
create policy customer_group_members_delete_platform on core.customer_group_members
for delete to platform
using (true);

grant select (
    tenant_id, id, customer_group_id, user_id, id_token_id, created_at
) on core.customer_group_members to staff, platform;
grant insert (
    tenant_id, customer_group_id, user_id, id_token_id
) on core.customer_group_members to staff, platform;
grant delete on core.customer_group_members to staff, platform;

create trigger customer_group_members__require_permission
before insert or delete on core.customer_group_members
for each statement execute function access.tg_require_permission('tariffs.write');
create trigger customer_group_members__log_change
after insert or update or delete
on core.customer_group_members
for each row execute function audit.tg_log_change();
create trigger customer_group_members__limit_delete after delete on core.customer_group_members
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
