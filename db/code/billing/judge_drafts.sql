-- Which drafts can be issued; the others keep why not.
--
-- problem: lines_missing, address_missing (the customer has no billing address), series_missing
-- (the legal entity has no number series of the kind), tax_number_missing (it has neither a VAT id
-- nor a tax number, without which there is no e-invoice, EN 16931 BR-CO-26, BR-S-02),
-- currency_unsupported (nor is there one in this currency), vat_id_missing (reverse charge without
-- the VAT id of seller and buyer, EN 16931 BR-AE-02 to 04), tax_treatment_changed (that of the
-- account is another one since the draft was made), credited_invoice_draft, or credit_too_high
-- (more than is left of the credited invoice).
-- Called by: billing.finalise_invoices, which has locked the drafts.
-- Writes:    core.invoices.
-- Returns:   the ids without a problem, in their order.
create or replace function billing.judge_drafts(p_tenant_id bigint, p_invoice_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    with judged as (
        select
            i.id,
            case
                when
                    not exists (
                        select
                        from core.invoice_lines as l
                        where l.tenant_id = i.tenant_id and l.invoice_id = i.id
                    )
                    then 'lines_missing'
                when b.customer_id is null then 'address_missing'
                when s.kind is null then 'series_missing'
                when coalesce(e.vat_id, e.tax_number) is null then 'tax_number_missing'
                when not billing.is_invoice_currency(i.currency) then 'currency_unsupported'
                when
                    i.tax_treatment = 'reverse_charge'
                    and (c.vat_id is null or e.vat_id is null)
                    then 'vat_id_missing'
                -- A credit note has that of its invoice.
                when i.kind = 'invoice' and i.tax_treatment <> a.tax_treatment
                    then 'tax_treatment_changed'
                when o.state = 'draft' then 'credited_invoice_draft'
                when
                    o.total_incl_vat < sum(i.total_incl_vat) over (
                        partition by i.credited_invoice_id order by i.id
                    ) + (
                        select coalesce(sum(n.total_incl_vat), 0)
                        from core.invoices as n
                        where
                            n.tenant_id = o.tenant_id
                            and n.credited_invoice_id = o.id
                            and n.state = 'finalised'
                    )
                    then 'credit_too_high'
            end as problem
        from core.invoices as i
        inner join core.accounts as a on a.tenant_id = i.tenant_id and a.id = i.account_id
        inner join core.customers as c on c.tenant_id = a.tenant_id and c.id = a.customer_id
        inner join core.legal_entities as e
            on e.tenant_id = i.tenant_id and e.id = i.legal_entity_id
        left join core.customer_addresses as b
            on b.tenant_id = c.tenant_id and b.customer_id = c.id and b.kind = 'billing'
        left join core.number_series as s
            on
                s.tenant_id = i.tenant_id
                and s.legal_entity_id = i.legal_entity_id
                and s.kind = i.kind
        left join core.invoices as o
            on o.tenant_id = i.tenant_id and o.id = i.credited_invoice_id
        where i.tenant_id = p_tenant_id and i.id = any(p_invoice_ids)
    )
    update core.invoices as i
    set problem = j.problem
    from judged as j
    where
        i.tenant_id = p_tenant_id
        and i.id = j.id
        and i.problem is distinct from j.problem;
    return array(
        select i.id
        from core.invoices as i
        where i.tenant_id = p_tenant_id and i.id = any(p_invoice_ids) and i.problem is null
        order by i.id
    );
end;
$$;
revoke all on function billing.judge_drafts(bigint, bigint[]) from public;
comment on function billing.judge_drafts(bigint, bigint[]) is
    'Which drafts can be issued; the others keep why not in problem.';
