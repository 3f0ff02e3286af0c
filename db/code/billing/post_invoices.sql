-- Post finalised invoices and credit notes: one journal each, none for one of zero.
--
-- An invoice: receivables up by the gross, unbilled down by what the ratings were posted with
-- (rated_excl_vat), VAT by rate, revenue of one-off lines, income from fees; what the cents of VAT
-- leave over is rounding. A credit note reverses its lines: rated_excl_vat goes back to unbilled,
-- where the transaction's own journal reverses it; what is credited of a rating that still counts
-- has a rated_excl_vat of zero and lowers revenue. A line whose rating goes back in full while only
-- a part was left of its amount gives the rest back to revenue: that part had lowered it before.
-- Called by: billing.finalise_invoices.
-- Writes:    core.journals, core.ledger_entries.
create or replace function billing.post_invoices(p_tenant_id bigint, p_invoice_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    with invoices as materialized (
        select i.*, case i.kind when 'invoice' then 1 else -1 end as sign
        from core.invoices as i
        where i.tenant_id = p_tenant_id and i.id = any(p_invoice_ids)
    ),
    line_sums as (
        select
            l.invoice_id,
            sum(l.rated_excl_vat) as unbilled,
            sum(l.amount_excl_vat) filter (where l.kind = 'fee') as fees,
            sum(
                case
                    when l.kind = 'one_off' then l.amount_excl_vat
                    when l.kind = 'fee' or not l.is_credit then 0
                    when l.rated_excl_vat = 0 then l.amount_excl_vat
                    when
                        l.includes_vat = o.includes_vat
                        and case when l.includes_vat then l.amount_incl_vat else l.amount_excl_vat end
                        <> case when o.includes_vat then o.amount_incl_vat else o.amount_excl_vat end
                        then l.amount_excl_vat - o.amount_excl_vat
                    else 0
                end
            ) as revenue
        from invoices as i
        inner join core.invoice_lines as l on l.tenant_id = i.tenant_id and l.invoice_id = i.id
        left join core.invoice_lines as o
            on
                o.tenant_id = i.tenant_id
                and o.invoice_id = i.credited_invoice_id
                and o.line = l.credited_line
        group by l.invoice_id
    ),
    entries as (
        select
            i.id as invoice_id, 1 as turn, 'receivables' as ledger_account, i.account_id,
            null::numeric as vat_rate, i.sign * i.total_incl_vat as amount
        from invoices as i
        union all
        select
            s.invoice_id, v.turn, v.ledger_account, null, null, - i.sign * v.amount
        from line_sums as s
        inner join invoices as i on i.id = s.invoice_id
        cross join lateral (
            values (2, 'unbilled', s.unbilled), (3, 'revenue', s.revenue), (4, 'fee_income', s.fees)
        ) as v (turn, ledger_account, amount)
        union all
        select x.invoice_id, 5, 'vat', null, x.vat_rate, - i.sign * sum(x.vat)
        from invoices as i
        inner join core.invoice_taxes as x on x.tenant_id = i.tenant_id and x.invoice_id = i.id
        group by x.invoice_id, x.vat_rate, i.sign
    ),
    balanced as (
        select e.* from entries as e where e.amount <> 0
        union all
        select e.invoice_id, 6, 'rounding', null, null, - sum(e.amount)
        from entries as e
        group by e.invoice_id
        having sum(e.amount) <> 0
    ),
    posted as (
        insert into core.journals (
            tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description,
            created_by
        )
        select
            i.tenant_id, i.legal_entity_id, i.kind, i.id::text, i.issued_on, i.currency,
            replace(i.kind, '_', ' ') || ' ' || i.number, claims.user_id()
        from invoices as i
        where exists (select from balanced as b where b.invoice_id = i.id)
        order by i.id
        returning id, source_key, legal_entity_id, posted_on, currency
    )
    insert into core.ledger_entries (
        tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, vat_rate, amount,
        currency, posted_on
    )
    select
        p_tenant_id, j.id,
        row_number() over (partition by j.id order by b.turn, b.vat_rate desc),
        j.legal_entity_id, b.ledger_account, b.account_id, b.vat_rate, b.amount, j.currency,
        j.posted_on
    from posted as j
    inner join balanced as b on b.invoice_id = j.source_key::bigint;
end;
$$;
revoke all on function billing.post_invoices(bigint, bigint[]) from public;
comment on function billing.post_invoices(bigint, bigint[]) is
    'Post finalised invoices and credit notes, one journal each.';
