-- Write the lines of a one-off draft in place of those that it has, and compute it.
--
-- A line costs quantity times unit_price, rounded to the currency; without a rate it has that of
-- the legal entity. The draft takes the tax treatment that its account has now: with reverse charge
-- or an exemption no VAT is due, the rate is 0 and the price is the net.
-- Called by: api.create_invoice, api.update_draft.
-- Writes:    core.invoice_lines, core.invoice_taxes, core.invoices.
-- Errors:    those of billing.read_draft_lines.
create or replace function billing.write_draft_lines(p_invoice core.invoices, p_lines jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.invoices as i
    set tax_treatment = a.tax_treatment
    from core.accounts as a
    where
        i.tenant_id = p_invoice.tenant_id
        and i.id = p_invoice.id
        and a.tenant_id = i.tenant_id
        and a.id = i.account_id
    returning i.* into p_invoice;
    delete from core.invoice_lines as l
    where l.tenant_id = p_invoice.tenant_id and l.invoice_id = p_invoice.id;
    -- The side that is not authoritative is billing.compute_invoice's to fill.
    insert into core.invoice_lines (
        tenant_id, invoice_id, line, account_id, kind, description, quantity, unit, unit_price,
        includes_vat, vat_rate, amount_excl_vat, amount_incl_vat
    )
    select
        p_invoice.tenant_id, p_invoice.id, n.line, p_invoice.account_id, 'one_off', n.description,
        n.quantity, n.unit, n.unit_price, n.includes_vat and p_invoice.tax_treatment = 'standard',
        case
            when p_invoice.tax_treatment = 'standard' then coalesce(n.vat_rate, e.vat_rate)
            else 0
        end,
        v.amount, v.amount
    from billing.read_draft_lines(p_lines) as n
    inner join core.legal_entities as e
        on e.tenant_id = p_invoice.tenant_id and e.id = p_invoice.legal_entity_id
    cross join lateral (
        select
            round(n.quantity * n.unit_price, pricing.get_currency_decimals(p_invoice.currency))
                as amount
    ) as v;
    perform billing.compute_invoice(p_invoice.tenant_id, array[p_invoice.id]);
end;
$$;
revoke all on function billing.write_draft_lines(core.invoices, jsonb) from public;
comment on function billing.write_draft_lines(core.invoices, jsonb) is
    'Write the lines of a one-off draft in place of those that it has, and compute it.';
