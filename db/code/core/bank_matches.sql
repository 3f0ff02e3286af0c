-- What lines are matched with: staff who may read the billing read their tenant's, the platform
-- all. Written by functions only.
create policy bank_matches_select_staff on core.bank_matches for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy bank_matches_select_permission on core.bank_matches as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy bank_matches_select_platform on core.bank_matches for select to platform
using (true);

grant select (
    tenant_id, id, bank_transaction_id, how, amount, payment_id, legal_entity_id,
    ledger_account, note, matched_by, matched_at, undone_by, undone_at
) on core.bank_matches to staff, platform;
