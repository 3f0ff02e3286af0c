-- Book money that was given back: post it, and take it from what its payment paid.
--
-- First from what of the payment settles nothing; then invoices that it settled are open again,
-- and settled by the credit note that the refund follows, if there is one.
-- p_from_ledger_account: card_clearing, suspense (the line of the bank's statement is there), or
-- wallets when it goes back to the wallet. Booked again nothing happens.
-- Called by: api.refund_payment, what hears of it (the bank's statements, the card provider).
-- Writes:    core.payments, core.journals, core.ledger_entries, core.allocations, core.events;
--            locks the account, then the payment.
-- Errors:    PT404 payment_unknown.
create or replace function billing.book_refund(
    p_tenant_id bigint, p_refund_id bigint, p_booked_on date, p_from_ledger_account text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_refund constant core.payments := billing.lock_payment(p_tenant_id, p_refund_id);
    v_missing numeric;
begin
    if v_refund.state in ('succeeded', 'returned') then
        return;
    end if;
    update core.payments as p
    set state = 'succeeded', failure = null, booked_on = p_booked_on
    where p.tenant_id = p_tenant_id and p.id = p_refund_id;
    perform billing.post_journal(
        p_tenant_id, v_refund.legal_entity_id, 'refund', p_refund_id::text, p_booked_on,
        v_refund.currency,
        format(
            'Refund of payment %s: %s', v_refund.refunded_payment_id,
            coalesce(v_refund.reason, 'no reason given')
        ),
        jsonb_build_array(
            jsonb_build_object(
                'ledger_account', billing.get_payment_ledger_account(v_refund),
                'account_id', v_refund.account_id, 'amount', v_refund.amount
            ),
            jsonb_build_object(
                'ledger_account', p_from_ledger_account,
                'account_id',
                case when p_from_ledger_account = 'wallets' then v_refund.account_id end,
                'amount', -v_refund.amount
            )
        )
    );

    select -c.remaining into v_missing
    from billing.credits as c
    where c.tenant_id = p_tenant_id and c.payment_id = v_refund.refunded_payment_id;
    insert into core.allocations (
        tenant_id, invoice_id, account_id, kind, payment_id, amount, created_by
    )
    select
        p_tenant_id, s.invoice_id, s.account_id, 'payment_return', v_refund.refunded_payment_id,
        -least(s.amount, v_missing - (s.taken - s.amount)), claims.user_id()
    from (
        select
            l.invoice_id, l.account_id, sum(l.amount) as amount,
            sum(sum(l.amount)) over (order by l.invoice_id desc) as taken
        from core.allocations as l
        where l.tenant_id = p_tenant_id and l.payment_id = v_refund.refunded_payment_id
        group by l.invoice_id, l.account_id
        having sum(l.amount) > 0
    ) as s
    where v_missing > s.taken - s.amount;
    perform billing.allocate_credit(p_tenant_id, v_refund.account_id);
    perform billing.tell_payment('payment.succeeded', v_refund, v_refund.reason);
end;
$$;
revoke all on function billing.book_refund(bigint, bigint, date, text) from public;
comment on function billing.book_refund(bigint, bigint, date, text) is
    'Book money that was given back: post it, and take it from what its payment paid.';
