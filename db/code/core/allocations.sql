-- Allocations: staff with billing.read see their tenant's, customers those of their accounts, the
-- platform all. Append-only, written by functions only.
create policy allocations_select_staff on core.allocations for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy allocations_select_permission on core.allocations as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy allocations_select_customer on core.allocations for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy allocations_select_platform on core.allocations for select to platform
using (true);

grant select (
    tenant_id, id, invoice_id, account_id, kind, payment_id, credit_note_id, amount, journal_id,
    created_by, created_at
) on core.allocations to staff, customer, platform;

create trigger allocations__refuse_change before update or delete on core.allocations
for each row execute function audit.tg_refuse_change('created_by');
create trigger allocations__refuse_truncate before truncate on core.allocations
for each statement execute function audit.tg_refuse_change();
alter table core.allocations enable always trigger allocations__refuse_change;
alter table core.allocations enable always trigger allocations__refuse_truncate;
create trigger allocations__tell_paid after insert on core.allocations
referencing new table as new_rows
for each statement execute function billing.tg_allocations__tell_paid();
