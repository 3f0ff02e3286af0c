-- Credit notes settle the invoice that they credit, as far as something is open of it.
--
-- What had been given up of it before (write-offs) is taken back as far as the credit note needs
-- it: nobody is credited what they never paid. The rest stays credit of the account. Several of one
-- invoice come one after the other. One statement writes all allocations, so that nothing looks
-- open in between.
-- Called by: billing.finalise_invoices.
-- Writes:    core.allocations, core.journals, core.ledger_entries.
create or replace function billing.settle_credit_notes(p_tenant_id bigint, p_invoice_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    with notes as materialized (
        select
            i.*,
            j.id as journal_id,
            -- Of all up to this one, less what the ones before took.
            least(v.until, v.open_amount + v.written_off)
            - least(v.until - i.total_incl_vat, v.open_amount + v.written_off) as settled,
            least(v.written_off, greatest(v.until - v.open_amount, 0))
            - least(v.written_off, greatest(v.until - i.total_incl_vat - v.open_amount, 0))
                as taken_back
        from core.invoices as i
        inner join core.journals as j
            on
                j.tenant_id = i.tenant_id
                and j.kind = 'credit_note'
                and j.source_key = i.id::text
        inner join (
            select
                n.id,
                sum(n.total_incl_vat) over (
                    partition by n.credited_invoice_id order by n.id
                ) as until,
                greatest(o.open_amount, 0) as open_amount,
                coalesce(w.amount, 0) as written_off
            from core.invoices as n
            inner join billing.open_items as o
                on o.tenant_id = n.tenant_id and o.invoice_id = n.credited_invoice_id
            left join lateral (
                select sum(a.amount) as amount
                from core.allocations as a
                where
                    a.tenant_id = n.tenant_id
                    and a.invoice_id = n.credited_invoice_id
                    and a.kind = 'write_off'
            ) as w on true
            where
                n.tenant_id = p_tenant_id
                and n.id = any(p_invoice_ids)
                and n.kind = 'credit_note'
        ) as v on v.id = i.id
        where i.tenant_id = p_tenant_id
    ),
    posted as (
        insert into core.journals (
            tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description,
            created_by
        )
        select
            n.tenant_id, n.legal_entity_id, 'write_off', format('credit-note/%s', n.id),
            n.issued_on, n.currency, 'write-off taken back by credit note ' || n.number,
            claims.user_id()
        from notes as n
        where n.taken_back > 0
        order by n.id
        returning id, source_key
    ),
    entered as (
        insert into core.ledger_entries (
            tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, amount,
            currency, posted_on
        )
        select
            n.tenant_id, j.id, v.line, n.legal_entity_id, v.ledger_account, v.account_id,
            v.amount, n.currency, n.issued_on
        from notes as n
        inner join posted as j on j.source_key = format('credit-note/%s', n.id)
        cross join lateral (
            values
            (1, 'receivables', n.account_id, n.taken_back),
            (2, 'write_offs', null, - n.taken_back)
        ) as v (line, ledger_account, account_id, amount)
    )
    insert into core.allocations (
        tenant_id, invoice_id, account_id, kind, credit_note_id, amount, journal_id, created_by
    )
    select
        n.tenant_id, n.credited_invoice_id, n.account_id, 'write_off', null, - n.taken_back, j.id,
        claims.user_id()
    from notes as n
    inner join posted as j on j.source_key = format('credit-note/%s', n.id)
    union all
    select
        n.tenant_id, n.credited_invoice_id, n.account_id, 'credit_note', n.id, n.settled,
        n.journal_id, claims.user_id()
    from notes as n
    where n.settled > 0;
end;
$$;
revoke all on function billing.settle_credit_notes(bigint, bigint[]) from public;
comment on function billing.settle_credit_notes(bigint, bigint[]) is
    'Credit notes settle the invoice that they credit, as far as something is open or given up.';
