-- Id tokens: staff read their tenant's and write them with id_tokens.write; a driver reads their
-- own; the platform all.
create policy id_tokens_select_staff on core.id_tokens for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_tokens_select_customer on core.id_tokens for select to customer
using (
    tenant_id = (select claims.tenant_id()) and user_id = (select claims.user_id())
);
create policy id_tokens_select_platform on core.id_tokens for select to platform
using (true);
create policy id_tokens_insert_staff on core.id_tokens for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy id_tokens_update_staff on core.id_tokens for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy id_tokens_delete_staff on core.id_tokens for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_tokens_insert_permission on core.id_tokens as restrictive for insert to staff
with check ((select claims.has_permission('id_tokens.write')));
create policy id_tokens_update_permission on core.id_tokens as restrictive for update to staff
using ((select claims.has_permission('id_tokens.write')))
with check ((select claims.has_permission('id_tokens.write')));
create policy id_tokens_delete_permission on core.id_tokens as restrictive for delete to staff
using ((select claims.has_permission('id_tokens.write')));
create policy id_tokens_insert_platform on core.id_tokens for insert to platform
with check (true);
create policy id_tokens_update_platform on core.id_tokens for update to platform
using (true)
with check (true);
create policy id_tokens_delete_platform on core.id_tokens for delete to platform
using (true);

grant select (
    tenant_id, id, id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions, created_at, updated_at
) on core.id_tokens to staff, customer, platform;
grant insert (
    tenant_id, id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions
) on core.id_tokens to staff, platform;
grant update (
    id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked, block_reason,
    valid_from, expires_at, max_concurrent_transactions
) on core.id_tokens to staff, platform;
grant delete on core.id_tokens to staff, platform;

create trigger id_tokens__require_permission before insert or update or delete on core.id_tokens
for each statement execute function access.tg_require_permission('id_tokens.write');
create trigger id_tokens__normalise before insert or update of contract_id on core.id_tokens
for each row execute function fleet.tg_id_tokens__normalise();
create trigger id_tokens__close_inbox after insert or update of id_token on core.id_tokens
for each row execute function fleet.tg_id_tokens__close_inbox();
create trigger id_tokens__touch_updated_at before update on core.id_tokens
for each row execute function audit.tg_touch_updated_at();
create trigger id_tokens__log_change after insert or update or delete on core.id_tokens
for each row execute function audit.tg_log_change();
create trigger id_tokens__limit_update after update on core.id_tokens
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger id_tokens__limit_delete after delete on core.id_tokens
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
