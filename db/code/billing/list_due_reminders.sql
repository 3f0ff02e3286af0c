-- Invoices that are to be reminded of today, each with its next level.
--
-- Levels come one after the other: the first is due days_after_due days after the invoice was,
-- a later one not before the day that the one before set, either. Nobody is reminded while a
-- payment is on its way, of an account that is not to be dunned, or of an invoice that is settled.
-- The fee is the level's, rounded; none where the invoice is in another currency than the fee.
-- Called by: jobs.run_dunning, to find them and, having locked the accounts, once more.
-- Takes:     the invoices to look at, null for all; how many at most.
create or replace function billing.list_due_reminders(
    p_tenant_id bigint, p_invoice_ids bigint[], p_limit integer
)
returns table (
    tenant_id bigint,
    invoice_id bigint,
    account_id bigint,
    legal_entity_id bigint,
    number text,
    currency text,
    level smallint,
    issued_on date,
    due_on date,
    open_amount numeric,
    fee numeric,
    blocks_charging boolean
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        i.tenant_id,
        i.id,
        i.account_id,
        i.legal_entity_id,
        i.number,
        i.currency,
        d.level,
        v.today,
        v.today + d.due_days,
        o.open_amount,
        case
            when i.currency = e.currency
                then round(d.fee, pricing.get_currency_decimals(i.currency))
            else 0
        end,
        d.blocks_charging
    from core.invoices as i
    inner join core.legal_entities as e
        on e.tenant_id = i.tenant_id and e.id = i.legal_entity_id
    cross join lateral (select (now() at time zone e.time_zone)::date as today) as v
    inner join core.accounts as a on a.tenant_id = i.tenant_id and a.id = i.account_id
    left join lateral (
        select n.level, n.due_on
        from core.dunning_notices as n
        where n.tenant_id = i.tenant_id and n.invoice_id = i.id
        order by n.level desc
        limit 1
    ) as s on true
    inner join lateral (
        select l.*
        from core.dunning_levels as l
        where
            l.tenant_id = i.tenant_id
            and l.legal_entity_id = i.legal_entity_id
            and l.level > coalesce(s.level, 0)
        order by l.level
        limit 1
    ) as d on true
    inner join billing.open_items as o on o.tenant_id = i.tenant_id and o.invoice_id = i.id
    where
        (p_tenant_id is null or i.tenant_id = p_tenant_id)
        and (p_invoice_ids is null or i.id = any(p_invoice_ids))
        and i.state = 'finalised'
        and i.kind = 'invoice'
        and i.due_on + d.days_after_due <= v.today
        and coalesce(s.due_on < v.today, true)
        and a.is_dunned
        and o.open_amount > 0
        and not exists (
            select
            from core.payments as p
            where
                p.tenant_id = i.tenant_id
                and p.invoice_id = i.id
                and p.direction = 'in'
                and p.state in ('pending', 'submitted', 'unknown')
        )
    order by i.tenant_id, i.id
    limit p_limit;
$$;
revoke all on function billing.list_due_reminders(bigint, bigint[], integer) from public;
comment on function billing.list_due_reminders(bigint, bigint[], integer) is
    'Invoices that are to be reminded of today, each with its next level.';
