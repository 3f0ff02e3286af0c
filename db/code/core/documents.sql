-- Documents: staff who may read the billing read their tenant's, customers those of their own
-- invoices, the platform all. Written by functions only, and never changed.
create policy documents_select_staff on core.documents for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy documents_select_permission on core.documents as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy documents_select_customer on core.documents for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy documents_select_platform on core.documents for select to platform
using (true);

grant select (
    tenant_id, id, kind, invoice_id, account_id, debit_batch_id, file_name, content_type, content,
    size_bytes, sha256, created_by, created_at
) on core.documents to staff, customer, platform;

create trigger documents__refuse_change before update or delete on core.documents
for each row execute function audit.tg_refuse_change('created_by');
create trigger documents__refuse_truncate before truncate on core.documents
for each statement execute function audit.tg_refuse_change();
alter table core.documents enable always trigger documents__refuse_change;
alter table core.documents enable always trigger documents__refuse_truncate;
