-- Tell of invoices of which nothing is open any more; who was blocked for them may charge again.
--
-- The other way as well: where a payment is taken back of an invoice that somebody was blocked for,
-- they are blocked again. Its reminders were issued already, so that dunning would not do it.
-- Called by: trigger allocations__tell_paid, after insert, for each statement, with its rows as
--            new_rows.
-- Writes:    core.events, core.accounts.
create or replace function billing.tg_allocations__tell_paid()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_ids bigint[];
    v_invoice_ids bigint[];
begin
    select array_agg(c.tenant_id), array_agg(c.invoice_id)
    into v_tenant_ids, v_invoice_ids
    from (
        select n.tenant_id, n.invoice_id, sum(n.amount) as amount
        from new_rows as n
        group by n.tenant_id, n.invoice_id
    ) as c
    inner join billing.open_items as o
        on o.tenant_id = c.tenant_id and o.invoice_id = c.invoice_id
    where o.open_amount <= 0 and o.open_amount + c.amount > 0;
    if v_invoice_ids is not null then
        perform billing.tell_paid(v_tenant_ids, v_invoice_ids);
    end if;
    update core.accounts as a
    set state = 'blocked', state_reason = 'overdue invoices'
    where
        a.state = 'active'
        and a.is_dunned
        and (a.tenant_id, a.id) in (
            select o.tenant_id, o.account_id
            from new_rows as n
            inner join billing.open_items as o
                on o.tenant_id = n.tenant_id and o.invoice_id = n.invoice_id
            inner join core.dunning_notices as d
                on d.tenant_id = n.tenant_id and d.invoice_id = n.invoice_id
            inner join core.dunning_levels as l
                on
                    l.tenant_id = o.tenant_id
                    and l.legal_entity_id = o.legal_entity_id
                    and l.level = d.level
                    and l.blocks_charging
            where n.kind = 'payment_return' and o.open_amount > 0
        );
    return null;
end;
$$;
revoke all on function billing.tg_allocations__tell_paid() from public;
comment on function billing.tg_allocations__tell_paid() is
    'Trigger: tell of invoices of which nothing is open any more, and block who was blocked for '
    'one whose payment is taken back.';

-- The same for invoices that are known to be settled now.
--
-- Blocked by dunning means blocked with the reason of jobs.run_dunning; what somebody blocked for
-- another reason stays blocked. It ends when nothing is open of any invoice whose reminders reached
-- a level that blocks.
-- Called by: billing.tg_allocations__tell_paid, api.waive_dunning_fee.
-- Writes:    core.events, core.accounts.
create or replace function billing.tell_paid(p_tenant_ids bigint[], p_invoice_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.events (tenant_id, type, object_type, object_id, data)
    select
        i.tenant_id,
        'invoice.paid',
        'invoice',
        i.id,
        jsonb_build_object(
            'invoice_id', i.id,
            'number', i.number,
            'account_id', i.account_id,
            'currency', i.currency,
            'total_incl_vat', trim_scale(i.total_incl_vat)::text
        )
    from unnest(p_tenant_ids, p_invoice_ids) as k (tenant_id, id)
    inner join core.invoices as i on i.tenant_id = k.tenant_id and i.id = k.id
    order by i.id;

    update core.accounts as a
    set state = 'active', state_reason = null
    from (
        select distinct i.tenant_id, i.account_id
        from unnest(p_tenant_ids, p_invoice_ids) as k (tenant_id, id)
        inner join core.invoices as i on i.tenant_id = k.tenant_id and i.id = k.id
    ) as p
    where
        a.tenant_id = p.tenant_id
        and a.id = p.account_id
        and a.state = 'blocked'
        and a.state_reason = 'overdue invoices'
        and not exists (
            select
            from billing.open_items as o
            inner join core.dunning_notices as n
                on n.tenant_id = o.tenant_id and n.invoice_id = o.invoice_id
            inner join core.dunning_levels as l
                on
                    l.tenant_id = o.tenant_id
                    and l.legal_entity_id = o.legal_entity_id
                    and l.level = n.level
                    and l.blocks_charging
            where o.tenant_id = a.tenant_id and o.account_id = a.id and o.open_amount > 0
        );
end;
$$;
revoke all on function billing.tell_paid(bigint[], bigint[]) from public;
comment on function billing.tell_paid(bigint[], bigint[]) is
    'Tell of invoices that are settled now, and let who was blocked for them charge again.';
