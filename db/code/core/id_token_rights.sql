-- Rights of tokens: staff read their tenant's and add or remove them with id_tokens.write; the
-- platform all. There is nothing to update.
create policy id_token_rights_select_staff on core.id_token_rights for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_token_rights_select_platform on core.id_token_rights for select to platform
using (true);
create policy id_token_rights_insert_staff on core.id_token_rights for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy id_token_rights_delete_staff on core.id_token_rights for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_token_rights_insert_permission on core.id_token_rights as restrictive
for insert to staff
with check ((select claims.has_permission('id_tokens.write')));
create policy id_token_rights_delete_permission on core.id_token_rights as restrictive
for delete to staff
using ((select claims.has_permission('id_tokens.write')));
create policy id_token_rights_insert_platform on core.id_token_rights for insert to platform
with check (true);
create policy id_token_rights_delete_platform on core.id_token_rights for delete to platform
using (true);

grant select (
    tenant_id, id, id_token_id, id_token_group_id, site_id, charge_point_group_id, created_at
) on core.id_token_rights to staff, platform;
grant insert (
    tenant_id, id_token_id, id_token_group_id, site_id, charge_point_group_id
) on core.id_token_rights to staff, platform;
grant delete on core.id_token_rights to staff, platform;

create trigger id_token_rights__require_permission before insert or delete on core.id_token_rights
for each statement execute function access.tg_require_permission('id_tokens.write');
create trigger id_token_rights__log_change
after insert or update or delete
on core.id_token_rights
for each row execute function audit.tg_log_change();
create trigger id_token_rights__limit_delete after delete on core.id_token_rights
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
