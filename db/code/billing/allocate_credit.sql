-- Settle open invoices of an account with its credit: the oldest due with what came first.
--
-- An invoice for which a payment is on its way (a direct debit at the bank, a card) is left to that
-- payment. A direct debit that is only announced is not: less is collected then, or nothing.
-- What no invoice needs stays credit. Repeatable; the ledger does not change, for both sides are
-- receivables of the account.
-- Called by: billing.book_payment, return_payment, fail_payment, book_refund, what cancels a
--            payment, finalising invoices and credit notes.
-- Writes:    core.allocations; the account is locked.
-- Returns:   what was allocated.
create or replace function billing.allocate_credit(p_tenant_id bigint, p_account_id bigint)
returns numeric
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_allocated numeric;
begin
    perform billing.lock_account(p_tenant_id, p_account_id);
    with sources as (
        -- Both sides laid end to end: where two stretches overlap, one pays the other.
        select
            c.payment_id, c.credit_note_id, c.currency,
            sum(c.available) over w - c.available as starts,
            sum(c.available) over w as ends
        from billing.credits as c
        where c.tenant_id = p_tenant_id and c.account_id = p_account_id and c.available > 0
        window w as (
            partition by c.currency
            order by c.booked_on, c.payment_id, c.credit_note_id
            rows unbounded preceding
        )
    ),

    items as (
        select
            o.invoice_id, o.currency,
            sum(o.open_amount) over w - o.open_amount as starts,
            sum(o.open_amount) over w as ends
        from billing.open_items as o
        where
            o.tenant_id = p_tenant_id
            and o.account_id = p_account_id
            and o.open_amount > 0
            and not exists (
                select
                from core.payments as p
                where
                    p.tenant_id = p_tenant_id
                    and p.invoice_id = o.invoice_id
                    and p.direction = 'in'
                    and p.state in ('pending', 'submitted', 'unknown')
                    and (p.method <> 'sepa_debit' or p.debit_batch_id is not null)
            )
        window w as (
            partition by o.currency order by o.due_on, o.invoice_id rows unbounded preceding
        )
    ),

    allocated as (
        insert into core.allocations (
            tenant_id, invoice_id, account_id, kind, payment_id, credit_note_id, amount, created_by
        )
        select
            p_tenant_id, i.invoice_id, p_account_id,
            case when s.payment_id is null then 'credit_note' else 'payment' end,
            s.payment_id, s.credit_note_id,
            least(s.ends, i.ends) - greatest(s.starts, i.starts), claims.user_id()
        from sources as s
        inner join items as i
            on i.currency = s.currency and i.starts < s.ends and s.starts < i.ends
        order by i.starts, s.starts
        returning amount
    )

    select coalesce(sum(l.amount), 0) into v_allocated
    from allocated as l;
    return v_allocated;
end;
$$;
revoke all on function billing.allocate_credit(bigint, bigint) from public;
comment on function billing.allocate_credit(bigint, bigint) is
    'Settle open invoices of an account with its credit; returns how much.';
