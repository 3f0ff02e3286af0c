-- Take an invoice back by a credit note, in full or in part: made and finalised at once.
--
-- lines:   [{"line", "amount"?}], the amount gross where the line includes VAT, else net, all that
--          is left of it when it is left out; or amount: a gross amount spread over the lines; both
--          left out: everything that is left.
-- The credit note settles the invoice as far as something is open of it; the rest is credit of the
-- account.
-- Writes:  what billing.finalise_invoices writes.
-- Errors:  PT403 permission_missing, PT404 invoice_unknown, PT409 invoice_not_finalised,
--          invoice_is_credit_note, credit_too_high, draft_not_ready; PT400 reason_required,
--          invoice_lines_invalid.
-- Definer: invoices are written by functions only.
create or replace function api.credit_invoice(
    invoice bigint,
    reason text,
    lines jsonb default null,
    amount numeric default null
)
returns setof api.invoices
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice constant core.invoices := billing.lock_finalised(invoice, 'billing.write');
    v_note core.invoices;
begin
    perform pricing.check_reason(credit_invoice.reason);
    insert into core.invoices (
        tenant_id, legal_entity_id, account_id, kind, occasion, currency, tax_treatment,
        credited_invoice_id, reason, payment_method, language, created_by
    )
    values (
        v_invoice.tenant_id, v_invoice.legal_entity_id, v_invoice.account_id, 'credit_note',
        'correction', v_invoice.currency, v_invoice.tax_treatment, v_invoice.id,
        btrim(credit_invoice.reason), v_invoice.payment_method, v_invoice.language,
        claims.user_id()
    )
    returning * into v_note;
    insert into core.invoice_lines (
        tenant_id, invoice_id, line, account_id, kind, is_credit, charged_account_id,
        transaction_id, rating_version, credited_line, description, started_at, ended_at,
        quantity, unit, unit_price, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat,
        rated_excl_vat
    )
    select
        l.tenant_id, v_note.id, row_number() over (order by l.line), l.account_id, l.kind, true,
        l.charged_account_id, l.transaction_id, l.rating_version, l.line, l.description,
        l.started_at, l.ended_at,
        case when c.is_whole then l.quantity else 1 end,
        case when c.is_whole then l.unit else 'C62' end,
        case when c.is_whole then l.unit_price else c.amount end,
        l.includes_vat, l.vat_rate, c.amount, c.amount,
        case when l.kind = 'transaction' then 0 end
    from billing.read_credit_lines(
        v_invoice, credit_invoice.lines, credit_invoice.amount
    ) as c
    inner join core.invoice_lines as l
        on l.tenant_id = v_invoice.tenant_id and l.invoice_id = v_invoice.id and l.line = c.line;
    if not found then
        perform billing.refuse_credit();
    end if;
    perform billing.compute_invoice(v_note.tenant_id, array[v_note.id]);
    return query select i.* from api.finalise_invoice(v_note.id) as i;
end;
$$;
revoke all on function api.credit_invoice(bigint, text, jsonb, numeric) from public;
grant execute on function api.credit_invoice(bigint, text, jsonb, numeric) to staff, platform;
comment on function api.credit_invoice(bigint, text, jsonb, numeric) is
    E'Take an invoice back by a credit note, in full or in part; answers the credit note.\n'
    'lines is a list of {"line", "amount"}, the amount gross where the line includes VAT, else '
    'net, and all that is left of it when it is left out; or amount is a gross amount that is '
    'spread over the lines; without both everything that is left is taken back. What was not paid '
    'yet is settled by it, the rest is credit of the account. Needs the permission billing.write.';
