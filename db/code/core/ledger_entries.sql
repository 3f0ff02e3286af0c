-- Entries of the ledger: staff with billing.read see their tenant's, customers those of their
-- accounts, the platform all. Append-only, written by functions only, together with their journal.
create policy ledger_entries_select_staff on core.ledger_entries for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy ledger_entries_select_permission on core.ledger_entries
as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy ledger_entries_select_customer on core.ledger_entries for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy ledger_entries_select_platform on core.ledger_entries for select to platform
using (true);

grant select (
    tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, vat_rate, amount,
    currency, posted_on
) on core.ledger_entries to staff, customer, platform;

create trigger ledger_entries__check_journal after insert on core.ledger_entries
referencing new table as new_entries
for each statement execute function billing.tg_ledger_entries__check_journal();
create trigger ledger_entries__refuse_change before update or delete on core.ledger_entries
for each row execute function audit.tg_refuse_change();
create trigger ledger_entries__refuse_truncate before truncate on core.ledger_entries
for each statement execute function audit.tg_refuse_change();
alter table core.ledger_entries enable always trigger ledger_entries__refuse_change;
alter table core.ledger_entries enable always trigger ledger_entries__refuse_truncate;
