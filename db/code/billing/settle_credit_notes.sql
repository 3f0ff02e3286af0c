-- Credit notes settle the invoice that they credit, as far as something is open of it.
--
-- The rest stays credit of the account. Several of one invoice come one after the other.
-- Called by: billing.finalise_invoices.
-- Writes:    core.allocations.
create or replace function billing.settle_credit_notes(p_tenant_id bigint, p_invoice_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.allocations (
        tenant_id, invoice_id, account_id, kind, credit_note_id, amount, journal_id, created_by
    )
    select
        n.tenant_id, n.credited_invoice_id, n.account_id, 'credit_note', n.id, n.amount, j.id,
        claims.user_id()
    from (
        select
            i.*,
            least(
                i.total_incl_vat,
                o.open_amount - sum(i.total_incl_vat) over (
                    partition by i.credited_invoice_id order by i.id
                ) + i.total_incl_vat
            ) as amount
        from core.invoices as i
        inner join billing.open_items as o
            on o.tenant_id = i.tenant_id and o.invoice_id = i.credited_invoice_id
        where
            i.tenant_id = p_tenant_id
            and i.id = any(p_invoice_ids)
            and i.kind = 'credit_note'
    ) as n
    inner join core.journals as j
        on
            j.tenant_id = n.tenant_id
            and j.kind = 'credit_note'
            and j.source_key = n.id::text
    where n.amount > 0;
end;
$$;
revoke all on function billing.settle_credit_notes(bigint, bigint[]) from public;
comment on function billing.settle_credit_notes(bigint, bigint[]) is
    'Credit notes settle the invoice that they credit, as far as something is open of it.';
