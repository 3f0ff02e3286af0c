-- The bytes of a document of an invoice: the PDF with the e-invoice in it, or UBL.
--
-- Errors:  PT400 document_kind_invalid, PT404 document_unknown, PT409 document_not_ready.
-- Definer: people have no right on the schema that the tables are in.
create or replace function api.invoice_document(invoice bigint, kind text default 'pdf')
returns api."*/*"
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_document core.documents;
begin
    if kind is null or kind not in ('pdf', 'ubl') then
        raise exception using
            errcode = 'PT400',
            message = 'an invoice has no document of this kind',
            detail = '{"error":"document_kind_invalid"}',
            hint = 'kind is pdf or ubl.';
    end if;
    select d.* into v_document
    from core.documents as d
    where
        d.invoice_id = invoice
        and d.kind = 'invoice_' || invoice_document.kind
        and billing.is_document_readable(d.tenant_id, d.account_id);
    if not found and exists (
        select
        from ops.documents_to_make as q
        inner join core.invoices as i on i.tenant_id = q.tenant_id and i.id = q.invoice_id
        where
            q.invoice_id = invoice
            and billing.is_document_readable(i.tenant_id, i.account_id)
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the documents of this invoice are not made yet',
            detail = '{"error":"document_not_ready"}',
            hint = 'They are made within seconds; documents_to_make tells staff what is wrong.';
    end if;
    return billing.send_document(v_document);
end;
$$;
revoke all on function api.invoice_document(bigint, text) from public;
grant execute on function api.invoice_document(bigint, text) to staff, customer, platform;
comment on function api.invoice_document(bigint, text) is
    E'The bytes of an invoice as a document.\n'
    'invoice is its id; kind is pdf (PDF/A-3 with the e-invoice in it) or ubl (the e-invoice as '
    'UBL 2.1). The answer has the type and name of the file, whatever the request accepts.';
