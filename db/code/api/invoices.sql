-- Invoices and credit notes with what is open of them, read-only.
create or replace view api.invoices
with (security_invoker = true) as
select
    i.tenant_id,
    i.id,
    i.legal_entity_id,
    i.account_id,
    i.kind,
    i.occasion,
    i.state,
    i.number,
    i.issued_on,
    i.due_on,
    i.billing_run_id,
    i.period_from,
    i.period_to,
    i.currency,
    i.total_excl_vat,
    i.total_vat,
    i.total_incl_vat,
    o.fees as dunning_fees,
    o.allocated as settled_amount,
    o.open_amount,
    case
        when o.open_amount <= 0 then 'paid'
        when o.allocated > 0 then 'partly_paid'
        when o.open_amount > 0 then 'open'
    end as payment_state,
    coalesce(
        o.open_amount > 0 and i.due_on < (now() at time zone (i.seller ->> 'time_zone'))::date,
        false
    ) as is_overdue,
    i.tax_treatment,
    i.payment_method,
    i.payment_reference,
    i.language,
    i.seller,
    i.buyer,
    i.note,
    i.credited_invoice_id,
    c.number as credited_number,
    i.reason,
    i.finalise_at,
    i.finalised_at,
    i.problem,
    case when coalesce((select claims.role()), '') <> 'customer' then i.created_by end
        as created_by,
    i.created_at,
    i.updated_at
from core.invoices as i
left join billing.open_items as o on o.tenant_id = i.tenant_id and o.invoice_id = i.id
left join core.invoices as c on c.tenant_id = i.tenant_id and c.id = i.credited_invoice_id;

grant select (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, state, number, issued_on,
    due_on, billing_run_id, period_from, period_to, currency, total_excl_vat, total_vat,
    total_incl_vat, dunning_fees, settled_amount, open_amount, payment_state, is_overdue,
    tax_treatment, payment_method, payment_reference, language, seller, buyer, note,
    credited_invoice_id, credited_number, reason, finalise_at, finalised_at, problem, created_by,
    created_at, updated_at
) on api.invoices to staff, customer, platform;

create trigger invoices__refuse_change
instead of insert or update or delete on api.invoices
for each row execute function audit.tg_view__refuse_change();

comment on view api.invoices is
    E'Invoices and credit notes: drafts until they are finalised, then they never change.\n'
    'Drafts are their own preview. Staff need the permission billing.read; customers see those of '
    'their accounts once they are finalised. Amounts of a credit note are above zero and what it '
    'takes back. invoice_lines and invoice_taxes can be embedded.';
comment on column api.invoices.tenant_id is 'The tenant that owns the row.';
comment on column api.invoices.id is 'Number of the row; the number on the document is number.';
comment on column api.invoices.legal_entity_id is 'The company that writes it.';
comment on column api.invoices.account_id is 'The account that pays it.';
comment on column api.invoices.kind is 'invoice or credit_note.';
comment on column api.invoices.occasion is
    'period (a billing run over a month), session, one_off, or correction (a credit note).';
comment on column api.invoices.state is 'draft or finalised.';
comment on column api.invoices.number is
    'The number of the document, without gaps within its series and year; null for a draft.';
comment on column api.invoices.issued_on is
    'The date of the document, in the zone of the legal entity.';
comment on column api.invoices.due_on is 'Until when it is to be paid.';
comment on column api.invoices.billing_run_id is 'The billing run that made it.';
comment on column api.invoices.period_from is 'The first day of the period that it bills.';
comment on column api.invoices.period_to is 'The day after the last one of that period.';
comment on column api.invoices.currency is 'ISO 4217 code of all its amounts.';
comment on column api.invoices.total_excl_vat is 'Net.';
comment on column api.invoices.total_vat is 'Value added tax.';
comment on column api.invoices.total_incl_vat is 'Gross.';
comment on column api.invoices.dunning_fees is
    'Fees of reminders that were not waived, owed beside the gross; null for a draft and a credit '
    'note.';
comment on column api.invoices.settled_amount is
    'What payments, credit notes and write-offs settled of it; null for a draft and a credit '
    'note.';
comment on column api.invoices.open_amount is
    'What is still to be paid, fees included; below zero when too much was paid; null for a draft '
    'and a credit note.';
comment on column api.invoices.payment_state is
    'open, partly_paid or paid; null for a draft and a credit note.';
comment on column api.invoices.is_overdue is
    'Whether something is open and the due date has passed.';
comment on column api.invoices.tax_treatment is 'standard, reverse_charge or exempt.';
comment on column api.invoices.payment_method is
    'How it is to be paid: bank_transfer, sepa_debit, card or wallet.';
comment on column api.invoices.payment_reference is 'The reference to pay with (ISO 11649).';
comment on column api.invoices.language is 'The language of its documents.';
comment on column api.invoices.seller is 'Who wrote it, as they were then; null for a draft.';
comment on column api.invoices.buyer is 'Whom it is for, as they were then; null for a draft.';
comment on column api.invoices.note is 'A text on the document.';
comment on column api.invoices.credited_invoice_id is
    'The invoice that a credit note takes back, in full or in part.';
comment on column api.invoices.credited_number is 'The number of that invoice.';
comment on column api.invoices.reason is 'Why there is a credit note.';
comment on column api.invoices.finalise_at is
    'When a draft is finalised by itself; null: when somebody does it.';
comment on column api.invoices.finalised_at is 'When it was finalised.';
comment on column api.invoices.problem is
    'Why a draft could not be finalised: lines_missing, address_missing, series_missing, '
    'tax_number_missing, currency_unsupported, vat_id_missing, tax_treatment_changed, '
    'credited_invoice_draft, credit_too_high or finalising_failed (the server''s log says how).';
comment on column api.invoices.created_by is 'Who made it; null for the system; staff only.';
comment on column api.invoices.created_at is 'When the row was made.';
comment on column api.invoices.updated_at is 'When the row was last changed.';
