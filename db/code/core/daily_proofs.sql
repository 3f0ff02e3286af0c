-- Daily proofs: staff who may read the billing read their tenant's, the platform all. Written by
-- billing.prove_books.
create policy daily_proofs_select_staff on core.daily_proofs for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy daily_proofs_select_permission on core.daily_proofs as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy daily_proofs_select_platform on core.daily_proofs for select to platform
using (true);

grant select (
    tenant_id, legal_entity_id, proven_on, currency, bank_ledger, bank_statement,
    bank_statement_id, suspense_ledger, suspense_lines, card_ledger, card_provider, is_proven,
    problem, created_at, updated_at
) on core.daily_proofs to staff, platform;

create trigger daily_proofs__touch_updated_at before update on core.daily_proofs
for each row execute function audit.tg_touch_updated_at();
