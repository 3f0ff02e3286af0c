-- The chart of accounts: staff with billing.read see their tenant's and name and number it with
-- billing.write, the platform all. What an account is for never changes, and every legal entity
-- has all of them, so nobody makes or deletes one.
create policy ledger_accounts_select_staff on core.ledger_accounts for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy ledger_accounts_select_permission on core.ledger_accounts
as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy ledger_accounts_select_platform on core.ledger_accounts for select to platform
using (true);
create policy ledger_accounts_update_staff on core.ledger_accounts for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy ledger_accounts_update_permission on core.ledger_accounts
as restrictive for update to staff
using ((select claims.has_permission('billing.write')))
with check ((select claims.has_permission('billing.write')));
create policy ledger_accounts_update_platform on core.ledger_accounts for update to platform
using (true)
with check (true);

grant select (
    tenant_id, legal_entity_id, role, number, name, kind, created_at, updated_at
) on core.ledger_accounts to staff, platform;
grant update (number, name) on core.ledger_accounts to staff, platform;

create trigger ledger_accounts__require_permission before insert or update or delete
on core.ledger_accounts
for each statement execute function access.tg_require_permission('billing.write');
create trigger ledger_accounts__touch_updated_at before update on core.ledger_accounts
for each row execute function audit.tg_touch_updated_at();
create trigger ledger_accounts__log_change after update or delete on core.ledger_accounts
for each row execute function audit.tg_log_change();
create trigger ledger_accounts__limit_update after update on core.ledger_accounts
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- Here rather than with the other triggers of legal entities: it is about this table.
create trigger legal_entities__create_ledger_accounts after insert on core.legal_entities
for each row execute function billing.tg_legal_entities__create_ledger_accounts();
