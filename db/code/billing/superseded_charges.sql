-- What was billed and no longer counts: the one home of that rule.
--
-- A finalised line is to be credited when another rating took its place or the transaction was
-- written off. One whose transaction is held is not: it waits for the decision, and its rating may
-- count again. A line of a draft goes in all these cases.
create or replace view billing.superseded_charges as
select
    t.tenant_id,
    t.id as transaction_id,
    l.account_id,
    l.invoice_id,
    i.state as invoice_state,
    l.line,
    l.rating_version,
    l.includes_vat,
    l.vat_rate,
    s.amount - c.amount as amount_left,
    l.rated_excl_vat - c.rated as rated_left
from core.transactions as t
inner join core.invoice_lines as l
    on
        l.tenant_id = t.tenant_id
        and l.transaction_id = t.id
        and l.kind = 'transaction'
        and not l.is_credit
inner join core.invoices as i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
cross join lateral (
    select case when l.includes_vat then l.amount_incl_vat else l.amount_excl_vat end as amount
) as s
cross join lateral (
    select
        coalesce(
            sum(case when o.includes_vat then o.amount_incl_vat else o.amount_excl_vat end), 0
        ) as amount,
        coalesce(sum(o.rated_excl_vat), 0) as rated
    from core.invoice_lines as o
    where
        o.tenant_id = l.tenant_id
        and o.transaction_id = l.transaction_id
        and o.rating_version = l.rating_version
        and o.vat_rate = l.vat_rate
        and o.is_credit
) as c
where
    (
        t.rating_version is distinct from l.rating_version
        or t.state = 'written_off'
        or (t.state = 'held' and i.state = 'draft')
    )
    and (
        i.state = 'draft'
        or s.amount > c.amount
        or l.rated_excl_vat > c.rated
    );
comment on view billing.superseded_charges is
    E'Lines that charge a rating which no longer counts, one row each.\n'
    'Ask for transactions. Those of drafts are to be taken out, those of finalised invoices to be '
    'credited by what is left of them: amount_left on the authoritative side, rated_left as the '
    'ledger has it.';
