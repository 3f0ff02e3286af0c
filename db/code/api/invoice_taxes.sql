-- The VAT of invoices and credit notes, read-only.
create or replace view api.invoice_taxes
with (security_invoker = true) as
select
    x.tenant_id,
    x.invoice_id,
    x.account_id,
    x.category,
    x.vat_rate,
    x.amount_excl_vat,
    x.vat,
    x.amount_incl_vat
from core.invoice_taxes as x;

grant select (
    tenant_id, invoice_id, account_id, category, vat_rate, amount_excl_vat, vat,
    amount_incl_vat
) on api.invoice_taxes to staff, customer, platform;

comment on view api.invoice_taxes is
    E'The VAT of an invoice or credit note, worked out once per rate.\n'
    'Who may see the invoice sees it.';
comment on column api.invoice_taxes.tenant_id is 'The tenant that owns the row.';
comment on column api.invoice_taxes.invoice_id is 'The invoice or credit note.';
comment on column api.invoice_taxes.account_id is 'The account that pays.';
comment on column api.invoice_taxes.category is
    'A code of UNTDID 5305: S (standard), Z (zero), E (exempt) or AE (reverse charge).';
comment on column api.invoice_taxes.vat_rate is 'VAT in percent.';
comment on column api.invoice_taxes.amount_excl_vat is
    'The net that it is worked out from, or that follows from the gross.';
comment on column api.invoice_taxes.vat is 'The tax.';
comment on column api.invoice_taxes.amount_incl_vat is 'Gross.';
