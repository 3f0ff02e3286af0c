-- Work out drafts from their lines: the other amount of each line, the taxes, the totals.
--
-- The one home of VAT on invoices and credit notes (DESIGN 19). A line says by includes_vat which
-- of its amounts is authoritative: amount_incl_vat, what the driver was shown, or amount_excl_vat.
-- That one is rounded to the currency, the other is filled in:
-- - VAT is rounded once per rate, half away from zero: of the sum of gross amounts and the sum of
--   net amounts together. The gross ones hold what their own sum says, the net ones have the rest;
--   within each the lines share it by the largest remainder, the first of equals first.
-- - A line of a credit note that names a credited_line takes back of that line's VAT what its
--   amount is of that line's amount, counted with the credit notes before it: whatever is credited
--   piece by piece ends at the cents that were charged.
-- Under reverse charge and exemption lines have the rate 0; a check of core.invoice_taxes says so.
-- Invoices that are finalised are passed over. Set-based: give it many.
-- Called by: billing.run, whatever makes or changes a draft; who calls has locked the invoices.
-- Writes:    core.invoice_lines (both amounts), core.invoice_taxes, core.invoices (totals).
create or replace function billing.compute_invoice(p_tenant_id bigint, p_invoice_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from core.invoice_taxes as t
    using core.invoices as i
    where
        t.tenant_id = p_tenant_id
        and t.invoice_id = any(p_invoice_ids)
        and i.tenant_id = t.tenant_id
        and i.id = t.invoice_id
        and i.state = 'draft';

    with draft as materialized (
        select
            i.id,
            i.account_id,
            i.tax_treatment,
            i.credited_invoice_id,
            pricing.get_currency_decimals(i.currency) as decimals
        from core.invoices as i
        where
            i.tenant_id = p_tenant_id
            and i.id = any(p_invoice_ids)
            and i.state = 'draft'
    ),
    line as (
        select
            l.invoice_id,
            l.line,
            l.vat_rate,
            l.includes_vat,
            l.credited_line,
            d.credited_invoice_id,
            d.decimals,
            round(
                case when l.includes_vat then l.amount_incl_vat else l.amount_excl_vat end,
                d.decimals
            ) as amount
        from draft as d
        inner join core.invoice_lines as l on l.tenant_id = p_tenant_id and l.invoice_id = d.id
    ),
    part as (
        select
            l.invoice_id,
            l.line,
            l.vat_rate,
            l.includes_vat,
            l.decimals,
            l.amount,
            -- What the line gives back of the VAT of the one that it credits.
            case
                when c.amount > 0
                    then greatest(
                        round(c.vat * (e.amount + l.amount) / c.amount, l.decimals) - e.vat, 0
                    )
            end as credited_vat
        from line as l
        left join lateral (
            select
                case when o.includes_vat then o.amount_incl_vat else o.amount_excl_vat end
                    as amount,
                o.amount_incl_vat - o.amount_excl_vat as vat
            from core.invoice_lines as o
            where
                o.tenant_id = p_tenant_id
                and o.invoice_id = l.credited_invoice_id
                and o.line = l.credited_line
                and o.vat_rate = l.vat_rate
                and o.includes_vat = l.includes_vat
        ) as c on l.credited_line is not null
        left join lateral (
            select
                coalesce(sum(
                    case when o.includes_vat then o.amount_incl_vat else o.amount_excl_vat end
                ), 0) as amount,
                coalesce(sum(o.amount_incl_vat - o.amount_excl_vat), 0) as vat
            from core.invoices as n
            inner join core.invoice_lines as o
                on
                    o.tenant_id = n.tenant_id
                    and o.invoice_id = n.id
                    and o.credited_line = l.credited_line
            where
                n.tenant_id = p_tenant_id
                and n.credited_invoice_id = l.credited_invoice_id
                and n.id < l.invoice_id
        ) as e on c.vat is not null
    ),
    exact as (
        select
            p.*,
            -- Twenty decimals, so that equal remainders are equal.
            round(p.amount * p.vat_rate, 20)
            / (100 + case when p.includes_vat then p.vat_rate else 0 end) as vat,
            sum(p.amount) filter (where p.includes_vat) over w as gross,
            sum(p.amount) filter (where not p.includes_vat) over w as net
        from part as p
        where p.credited_vat is null
        window w as (partition by p.invoice_id, p.vat_rate)
    ),
    shared as (
        select
            e.*,
            10::numeric ^ (- e.decimals) as unit,
            trunc(e.vat, e.decimals) as floored,
            case
                when e.includes_vat then billing.round_vat(e.gross, null, e.vat_rate, e.decimals)
                else
                    billing.round_vat(e.gross, e.net, e.vat_rate, e.decimals)
                    - billing.round_vat(e.gross, null, e.vat_rate, e.decimals)
            end
            - sum(trunc(e.vat, e.decimals)) over (
                partition by e.invoice_id, e.vat_rate, e.includes_vat
            ) as left_over,
            row_number() over (
                partition by e.invoice_id, e.vat_rate, e.includes_vat
                order by e.vat - trunc(e.vat, e.decimals) desc, e.line
            ) as turn
        from exact as e
    ),
    taxed as (
        select
            s.invoice_id,
            s.line,
            s.vat_rate,
            s.includes_vat,
            s.amount,
            s.floored
            + case
                when s.turn * s.unit <= s.left_over then s.unit
                else 0
            end as vat
        from shared as s
        union all
        select p.invoice_id, p.line, p.vat_rate, p.includes_vat, p.amount, p.credited_vat
        from part as p
        where p.credited_vat is not null
    ),
    computed as materialized (
        select
            t.invoice_id,
            t.line,
            t.vat_rate,
            case when t.includes_vat then t.amount - t.vat else t.amount end as excl,
            case when t.includes_vat then t.amount else t.amount + t.vat end as incl
        from taxed as t
    ),
    filled as (
        update core.invoice_lines as l
        set amount_excl_vat = c.excl, amount_incl_vat = c.incl
        from computed as c
        where
            l.tenant_id = p_tenant_id
            and l.invoice_id = c.invoice_id
            and l.line = c.line
            and (l.amount_excl_vat, l.amount_incl_vat) is distinct from (c.excl, c.incl)
    ),
    added as (
        insert into core.invoice_taxes (
            tenant_id, invoice_id, account_id, category, vat_rate, amount_excl_vat, vat,
            amount_incl_vat
        )
        select
            p_tenant_id,
            d.id,
            d.account_id,
            case
                when d.tax_treatment = 'reverse_charge' then 'AE'
                when d.tax_treatment = 'exempt' then 'E'
                when c.vat_rate = 0 then 'Z'
                else 'S'
            end,
            c.vat_rate,
            sum(c.excl),
            sum(c.incl - c.excl),
            sum(c.incl)
        from draft as d
        inner join computed as c on c.invoice_id = d.id
        group by d.id, d.account_id, d.tax_treatment, c.vat_rate
    )
    update core.invoices as i
    set total_excl_vat = s.excl, total_vat = s.incl - s.excl, total_incl_vat = s.incl
    from (
        select d.id, coalesce(sum(c.excl), 0) as excl, coalesce(sum(c.incl), 0) as incl
        from draft as d
        left join computed as c on c.invoice_id = d.id
        group by d.id
    ) as s
    where
        i.tenant_id = p_tenant_id
        and i.id = s.id
        and (i.total_excl_vat, i.total_incl_vat) is distinct from (s.excl, s.incl);
end;
$$;
revoke all on function billing.compute_invoice(bigint, bigint[]) from public;
comment on function billing.compute_invoice(bigint, bigint[]) is
    'Work out drafts from their lines: amounts, taxes and totals, VAT once per rate.';
