-- Groups of tokens: staff read their tenant's and write them with id_tokens.write; the platform
-- all. Drivers see no rows, but may name the table, so that embedding it is no error.
create policy id_token_groups_select_staff on core.id_token_groups for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_token_groups_select_platform on core.id_token_groups for select to platform
using (true);
create policy id_token_groups_insert_staff on core.id_token_groups for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy id_token_groups_update_staff on core.id_token_groups for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy id_token_groups_delete_staff on core.id_token_groups for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_token_groups_insert_permission on core.id_token_groups as restrictive
for insert to staff
with check ((select claims.has_permission('id_tokens.write')));
create policy id_token_groups_update_permission on core.id_token_groups as restrictive
for update to staff
using ((select claims.has_permission('id_tokens.write')))
with check ((select claims.has_permission('id_tokens.write')));
create policy id_token_groups_delete_permission on core.id_token_groups as restrictive
for delete to staff
using ((select claims.has_permission('id_tokens.write')));
create policy id_token_groups_insert_platform on core.id_token_groups for insert to platform
with check (true);
create policy id_token_groups_update_platform on core.id_token_groups for update to platform
using (true)
with check (true);
create policy id_token_groups_delete_platform on core.id_token_groups for delete to platform
using (true);

grant select (tenant_id, id, group_token, name, created_at, updated_at)
on core.id_token_groups to staff, customer, platform;
grant insert (tenant_id, group_token, name) on core.id_token_groups to staff, platform;
grant update (group_token, name) on core.id_token_groups to staff, platform;
grant delete on core.id_token_groups to staff, platform;

create trigger id_token_groups__require_permission
before insert or update or delete on core.id_token_groups
for each statement execute function access.tg_require_permission('id_tokens.write');
create trigger id_token_groups__touch_updated_at before update on core.id_token_groups
for each row execute function audit.tg_touch_updated_at();
create trigger id_token_groups__log_change
after insert or update or delete
on core.id_token_groups
for each row execute function audit.tg_log_change();
create trigger id_token_groups__limit_update after update on core.id_token_groups
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger id_token_groups__limit_delete after delete on core.id_token_groups
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
