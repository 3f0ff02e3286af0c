-- Say where the figures of a document are not those of the invoice, its VAT and the ledger, to
-- the cent; null when they are.
--
-- p_figures: {"excl", "vat", "incl", "taxes": [{"category", "vat_rate", "excl", "vat"}]}.
-- Called by: jobs.store_documents.
create or replace function billing.compare_figures(
    p_tenant_id bigint, p_invoice_id bigint, p_figures jsonb
)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice core.invoices;
    v_sign integer;
    v_receivables numeric;
    v_vat numeric;
begin
    select i.* into v_invoice
    from core.invoices as i
    where i.tenant_id = p_tenant_id and i.id = p_invoice_id;
    if v_invoice.state is distinct from 'finalised' then
        return 'there is no such finalised invoice';
    end if;
    if
        (p_figures ->> 'excl')::numeric is distinct from v_invoice.total_excl_vat
        or (p_figures ->> 'vat')::numeric is distinct from v_invoice.total_vat
        or (p_figures ->> 'incl')::numeric is distinct from v_invoice.total_incl_vat
    then
        return format(
            'the document comes to %s, the invoice to %s',
            p_figures - 'taxes',
            jsonb_build_object(
                'excl', v_invoice.total_excl_vat,
                'vat', v_invoice.total_vat,
                'incl', v_invoice.total_incl_vat
            )
        );
    end if;
    if exists (
        select
        from (
            select
                x.value ->> 'category' as category,
                (x.value ->> 'vat_rate')::numeric as vat_rate,
                (x.value ->> 'excl')::numeric as excl,
                (x.value ->> 'vat')::numeric as vat
            from jsonb_array_elements(p_figures -> 'taxes') as x
        ) as d
        full join (
            select t.category, t.vat_rate, t.amount_excl_vat as excl, t.vat
            from core.invoice_taxes as t
            where t.tenant_id = p_tenant_id and t.invoice_id = p_invoice_id
        ) as t
            on t.category = d.category and t.vat_rate = d.vat_rate
        where (d.excl, d.vat) is distinct from (t.excl, t.vat)
    ) then
        return 'the VAT of the document is not that of the invoice';
    end if;

    v_sign := case v_invoice.kind when 'invoice' then 1 else -1 end;
    select
        coalesce(sum(e.amount) filter (where e.ledger_account = 'receivables'), 0) * v_sign,
        coalesce(sum(e.amount) filter (where e.ledger_account = 'vat'), 0) * -v_sign
    into v_receivables, v_vat
    from core.journals as j
    inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
    where
        j.tenant_id = p_tenant_id
        and j.kind = v_invoice.kind
        and j.source_key = p_invoice_id::text;
    if v_receivables <> v_invoice.total_incl_vat or v_vat <> v_invoice.total_vat then
        return format(
            'the document comes to %s with %s VAT, the ledger to %s with %s',
            v_invoice.total_incl_vat, v_invoice.total_vat, v_receivables, v_vat
        );
    end if;
    return null;
end;
$$;
revoke all on function billing.compare_figures(bigint, bigint, jsonb) from public;
comment on function billing.compare_figures(bigint, bigint, jsonb) is
    'Where the figures of a document are not those of the invoice and the ledger; null when equal.';
