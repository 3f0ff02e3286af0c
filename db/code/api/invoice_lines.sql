-- Lines of invoices and credit notes, read-only.
create or replace view api.invoice_lines
with (security_invoker = true) as
select
    l.tenant_id,
    l.invoice_id,
    l.line,
    l.account_id,
    l.kind,
    l.is_credit,
    l.charged_account_id,
    l.transaction_id,
    l.rating_version,
    l.credited_line,
    l.description,
    l.started_at,
    l.ended_at,
    l.quantity,
    l.unit,
    l.unit_price,
    l.includes_vat,
    l.vat_rate,
    l.amount_excl_vat,
    l.amount_incl_vat
from core.invoice_lines as l;

grant select (
    tenant_id, invoice_id, line, account_id, kind, is_credit, charged_account_id,
    transaction_id, rating_version, credited_line, description, started_at, ended_at,
    quantity, unit, unit_price, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat
) on api.invoice_lines to staff, customer, platform;

comment on view api.invoice_lines is
    E'What an invoice charges, or a credit note takes back, line by line.\n'
    'Who may see the invoice sees its lines.';
comment on column api.invoice_lines.tenant_id is 'The tenant that owns the row.';
comment on column api.invoice_lines.invoice_id is 'The invoice or credit note.';
comment on column api.invoice_lines.line is 'Number of the line within it.';
comment on column api.invoice_lines.account_id is 'The account that pays.';
comment on column api.invoice_lines.kind is
    'transaction (a session or an unused reservation), fee or one_off.';
comment on column api.invoice_lines.is_credit is 'Whether it takes back rather than charges.';
comment on column api.invoice_lines.charged_account_id is
    'The account that used it, on a collective invoice.';
comment on column api.invoice_lines.transaction_id is 'The transaction.';
comment on column api.invoice_lines.rating_version is
    'The calculation of its price that is charged.';
comment on column api.invoice_lines.credited_line is
    'On a credit note, the line of the credited invoice.';
comment on column api.invoice_lines.description is 'What it is for.';
comment on column api.invoice_lines.started_at is 'When that began.';
comment on column api.invoice_lines.ended_at is 'When that ended.';
comment on column api.invoice_lines.quantity is 'How much, in unit.';
comment on column api.invoice_lines.unit is
    'A code of UN/ECE recommendation 20: KWH, HUR, C62 (piece).';
comment on column api.invoice_lines.unit_price is
    'Price of one unit; null where several prices make the amount.';
comment on column api.invoice_lines.includes_vat is
    'Whether the gross is what was agreed and the net follows from it, or the other way.';
comment on column api.invoice_lines.vat_rate is 'VAT in percent.';
comment on column api.invoice_lines.amount_excl_vat is 'Net.';
comment on column api.invoice_lines.amount_incl_vat is
    'Gross; per rate the lines sum to that of the taxes.';
