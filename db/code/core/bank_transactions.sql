-- Lines of statements: staff who may read the billing read their tenant's, the platform all.
-- Written by functions only.
create policy bank_transactions_select_staff on core.bank_transactions for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy bank_transactions_select_permission on core.bank_transactions
as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy bank_transactions_select_platform on core.bank_transactions for select to platform
using (true);

grant select (
    tenant_id, id, bank_statement_id, legal_entity_id, line, booked_on, value_on, amount,
    currency, counterparty_name, counterparty_iban, end_to_end_id, mandate_reference,
    creditor_reference, batch_reference, bank_reference, bank_code, return_reason, charges,
    remittance, matched_amount, created_at
) on core.bank_transactions to staff, platform;
