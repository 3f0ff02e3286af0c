-- Announce the collection of one invoice by direct debit, also one that was collected before and
-- came back.
--
-- Writes:  see billing.announce_debits.
-- Errors:  PT403 permission_missing, PT404 invoice_unknown, PT409 invoice_not_collectable.
-- Definer: payments are written by functions only.
create or replace function api.collect_invoice(invoice bigint)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform access.require_permission('payments.write');
    if not exists (
        select
        from core.invoices as i
        where
            i.tenant_id = claims.tenant_id()
            and i.id = collect_invoice.invoice
            and i.kind = 'invoice'
            and i.state = 'finalised'
    ) then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such invoice',
            detail = '{"error":"invoice_unknown"}',
            hint = 'open_items lists those that are to be paid.';
    end if;
    if billing.announce_debits(claims.tenant_id(), null, collect_invoice.invoice, 1) = 0 then
        raise exception using
            errcode = 'PT409',
            message = 'the invoice cannot be collected',
            detail = '{"error":"invoice_not_collectable"}',
            hint = 'It has to be open and in euros, its account collected by direct debit with an '
                'active mandate, its legal entity have IBAN and creditor id, and no collection be '
                'on its way.';
    end if;
    return (
        select json_build_object(
            'payment', p.id, 'amount', p.amount, 'currency', p.currency, 'collect_on', p.collect_on
        )
        from core.payments as p
        where
            p.tenant_id = claims.tenant_id()
            and p.invoice_id = collect_invoice.invoice
            and p.method = 'sepa_debit'
            and p.state = 'pending'
    );
end;
$$;
revoke all on function api.collect_invoice(bigint) from public;
grant execute on function api.collect_invoice(bigint) to staff, platform;
comment on function api.collect_invoice(bigint) is
    E'Announce the collection of an invoice by direct debit.\n'
    'invoice is its id. The job does so for invoices that were never collected; what the bank '
    'returned, or was cancelled, is collected again by this alone. Answers payment, amount, '
    'currency and collect_on. Needs the permission payments.write.';
