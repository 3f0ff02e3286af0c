-- Keep the documents of an invoice, when what they say is what the books say.
--
-- p_figures: what was read back from the e-invoices, {"excl", "vat", "incl", "taxes":
--            [{"category", "vat_rate", "excl", "vat"}]}, numbers or texts.
-- Returned:  stored, or parked when the figures are others than those of the invoice and the
--            ledger. Documents that are there already stay: of two runners one stores.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.documents, ops.documents_to_make, core.events.
create or replace function jobs.store_documents(
    p_tenant_id bigint,
    p_invoice_id bigint,
    p_pdf bytea,
    p_ubl bytea,
    p_figures jsonb
)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem constant text := billing.compare_figures(p_tenant_id, p_invoice_id, p_figures);
begin
    if v_problem is not null then
        perform billing.park_documents(p_tenant_id, p_invoice_id, v_problem);
        return 'parked';
    end if;
    insert into core.documents (
        tenant_id, kind, invoice_id, account_id, file_name, content_type, content, sha256
    )
    select
        i.tenant_id,
        f.kind,
        i.id,
        i.account_id,
        -- A number is letters, digits and what separates them, which may be a slash.
        ltrim(regexp_replace(i.number, '[^A-Za-z0-9._-]', '-', 'g'), '._-') || f.ending,
        f.content_type,
        f.content,
        encode(sha256(f.content), 'hex')
    from core.invoices as i
    cross join (
        values
            ('invoice_pdf', '.pdf', 'application/pdf', p_pdf),
            ('invoice_ubl', '.xml', 'application/xml; charset=utf-8', p_ubl)
    ) as f (kind, ending, content_type, content)
    where i.tenant_id = p_tenant_id and i.id = p_invoice_id and i.state = 'finalised'
    on conflict (tenant_id, invoice_id, kind) where invoice_id is not null do nothing;
    delete from ops.documents_to_make as d
    where d.tenant_id = p_tenant_id and d.invoice_id = p_invoice_id;
    return 'stored';
end;
$$;
revoke all on function jobs.store_documents(bigint, bigint, bytea, bytea, jsonb) from public;
grant execute on function jobs.store_documents(bigint, bigint, bytea, bytea, jsonb) to jobs;
comment on function jobs.store_documents(bigint, bigint, bytea, bytea, jsonb) is
    'Keep the documents of an invoice, when what they say is what the books say.';
