-- Statements: staff who may read the billing read their tenant's, the platform all. Written once,
-- by jobs.book_bank_statement.
create policy bank_statements_select_staff on core.bank_statements for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy bank_statements_select_permission on core.bank_statements
as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy bank_statements_select_platform on core.bank_statements for select to platform
using (true);

grant select (
    tenant_id, id, bank_file_id, legal_entity_id, reference, iban, currency, opened_on,
    closed_on, opening_balance, closing_balance, lines, lines_known, created_at
) on core.bank_statements to staff, platform;

create trigger bank_statements__refuse_change before update or delete on core.bank_statements
for each row execute function audit.tg_refuse_change();
create trigger bank_statements__refuse_truncate before truncate on core.bank_statements
for each statement execute function audit.tg_refuse_change();
