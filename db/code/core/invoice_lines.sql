-- Lines of invoices: who may see the invoice sees them. Written by functions, and only while it is
-- a draft.
create policy invoice_lines_select_staff on core.invoice_lines for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy invoice_lines_select_permission on core.invoice_lines as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy invoice_lines_select_customer on core.invoice_lines for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
    -- A draft's are not theirs to see yet.
    and exists (
        select
        from core.invoices as i
        where
            i.tenant_id = invoice_lines.tenant_id
            and i.id = invoice_lines.invoice_id
            and i.state = 'finalised'
    )
);
create policy invoice_lines_select_platform on core.invoice_lines for select to platform
using (true);

grant select (
    tenant_id, invoice_id, line, account_id, kind, is_credit, charged_account_id, transaction_id,
    rating_version, credited_line, description, started_at, ended_at, quantity, unit, unit_price,
    includes_vat, vat_rate, amount_excl_vat, amount_incl_vat, rated_excl_vat
) on core.invoice_lines to staff, customer, platform;

-- By statement: a billing run writes many at once.
create trigger invoice_lines__keep_inserted after insert on core.invoice_lines
referencing new table as changed_rows
for each statement execute function billing.tg_invoice_parts__keep_finalised();
create trigger invoice_lines__keep_updated after update on core.invoice_lines
referencing old table as changed_rows
for each statement execute function billing.tg_invoice_parts__keep_finalised();
create trigger invoice_lines__keep_deleted after delete on core.invoice_lines
referencing old table as changed_rows
for each statement execute function billing.tg_invoice_parts__keep_finalised();
create trigger invoice_lines__keep_invoice before update on core.invoice_lines
for each row
when (old.invoice_id is distinct from new.invoice_id or old.tenant_id <> new.tenant_id)
execute function audit.tg_refuse_change();
create trigger invoice_lines__refuse_truncate before truncate on core.invoice_lines
for each statement execute function audit.tg_refuse_change();
alter table core.invoice_lines enable always trigger invoice_lines__keep_inserted;
alter table core.invoice_lines enable always trigger invoice_lines__keep_updated;
alter table core.invoice_lines enable always trigger invoice_lines__keep_deleted;
alter table core.invoice_lines enable always trigger invoice_lines__keep_invoice;
alter table core.invoice_lines enable always trigger invoice_lines__refuse_truncate;
