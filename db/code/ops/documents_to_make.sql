-- Invoices whose documents are to be made: staff who may read the billing read their tenant's,
-- the platform all. A trigger queues them, the jobs runner's functions write the rest.
create policy documents_to_make_select_staff on ops.documents_to_make for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy documents_to_make_select_permission on ops.documents_to_make as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy documents_to_make_select_platform on ops.documents_to_make for select to platform
using (true);

grant select (
    tenant_id, invoice_id, queued_at, attempts, next_attempt_at, problem, parked_at
) on ops.documents_to_make to staff, platform;

create trigger invoices__queue_documents_inserted after insert on core.invoices
referencing new table as changed_rows
for each statement execute function jobs.tg_invoices__queue_documents();
create trigger invoices__queue_documents_updated after update on core.invoices
referencing new table as changed_rows
for each statement execute function jobs.tg_invoices__queue_documents();
