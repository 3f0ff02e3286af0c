-- The VAT of invoices: who may see the invoice sees it. Written by functions, and only while it is
-- a draft.
create policy invoice_taxes_select_staff on core.invoice_taxes for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy invoice_taxes_select_permission on core.invoice_taxes as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy invoice_taxes_select_customer on core.invoice_taxes for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
    -- A draft's are not theirs to see yet.
    and exists (
        select
        from core.invoices as i
        where
            i.tenant_id = invoice_taxes.tenant_id
            and i.id = invoice_taxes.invoice_id
            and i.state = 'finalised'
    )
);
create policy invoice_taxes_select_platform on core.invoice_taxes for select to platform
using (true);

grant select (
    tenant_id, invoice_id, account_id, category, vat_rate, amount_excl_vat, vat, amount_incl_vat
) on core.invoice_taxes to staff, customer, platform;

-- By statement: a billing run writes many at once.
create trigger invoice_taxes__keep_inserted after insert on core.invoice_taxes
referencing new table as changed_rows
for each statement execute function billing.tg_invoice_parts__keep_finalised();
create trigger invoice_taxes__keep_updated after update on core.invoice_taxes
referencing old table as changed_rows
for each statement execute function billing.tg_invoice_parts__keep_finalised();
create trigger invoice_taxes__keep_deleted after delete on core.invoice_taxes
referencing old table as changed_rows
for each statement execute function billing.tg_invoice_parts__keep_finalised();
create trigger invoice_taxes__keep_invoice before update on core.invoice_taxes
for each row
when (old.invoice_id is distinct from new.invoice_id or old.tenant_id <> new.tenant_id)
execute function audit.tg_refuse_change();
create trigger invoice_taxes__refuse_truncate before truncate on core.invoice_taxes
for each statement execute function audit.tg_refuse_change();
alter table core.invoice_taxes enable always trigger invoice_taxes__keep_inserted;
alter table core.invoice_taxes enable always trigger invoice_taxes__keep_updated;
alter table core.invoice_taxes enable always trigger invoice_taxes__keep_deleted;
alter table core.invoice_taxes enable always trigger invoice_taxes__keep_invoice;
alter table core.invoice_taxes enable always trigger invoice_taxes__refuse_truncate;
