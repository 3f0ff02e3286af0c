-- Invoices and credit notes: staff with billing.read see their tenant's, customers their own once
-- they are finalised, the platform all. Written by functions only; what is finalised stays.
create policy invoices_select_staff on core.invoices for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy invoices_select_permission on core.invoices as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy invoices_select_customer on core.invoices for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
    and state = 'finalised'
);
create policy invoices_select_platform on core.invoices for select to platform
using (true);

grant select (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, state, billing_run_id,
    period_from, period_to, currency, tax_treatment, number, number_year, number_in_year,
    issued_on, due_on, finalise_at, finalised_at, problem, credited_invoice_id, reason,
    payment_method, payment_reference, language, seller, buyer, note, total_excl_vat, total_vat,
    total_incl_vat, created_by, created_at, updated_at
) on core.invoices to staff, customer, platform;

create trigger invoices__keep_finalised before update or delete on core.invoices
for each row when (old.state = 'finalised')
execute function billing.tg_invoices__keep_finalised();
create trigger invoices__refuse_truncate before truncate on core.invoices
for each statement execute function audit.tg_refuse_change();
alter table core.invoices enable always trigger invoices__keep_finalised;
alter table core.invoices enable always trigger invoices__refuse_truncate;
create trigger invoices__touch_updated_at before update on core.invoices
for each row when (old.state = 'draft')
execute function audit.tg_touch_updated_at();
-- The only thing of an invoice that leaves no other trace.
create trigger invoices__log_delete after delete on core.invoices
for each row execute function audit.tg_log_change();
