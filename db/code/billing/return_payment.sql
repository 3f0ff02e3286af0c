-- Take back money that had arrived: a direct debit returned, a card payment disputed.
--
-- What it settled is open again, unless the account has other credit to settle it with; what of it
-- was in a wallet is taken out, even below zero. Of a
-- refund that did not arrive it is credit, or in the wallet, again.
-- p_fee: what the bank or provider charges for it, at our cost. p_reason: for people, such as a
-- bank's return code. p_to_ledger_account: suspense (the line of the bank's statement is there),
-- card_clearing.
-- One that had not been booked becomes failed. Returned again nothing happens.
-- Called by: what hears of it (the bank's statements, the card provider), as the owner.
-- Writes:    core.payments, core.journals, core.ledger_entries, core.allocations, core.events;
--            locks the account, then the payment.
-- Errors:    PT404 payment_unknown.
create or replace function billing.return_payment(
    p_tenant_id bigint,
    p_payment_id bigint,
    p_returned_on date,
    p_reason text,
    p_fee numeric,
    p_to_ledger_account text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment constant core.payments := billing.lock_payment(p_tenant_id, p_payment_id);
    v_fee constant numeric := coalesce(p_fee, 0);
    v_sign constant integer := case v_payment.direction when 'in' then 1 else -1 end;
begin
    if v_payment.state <> 'succeeded' then
        perform billing.fail_payment(p_tenant_id, p_payment_id, p_reason);
        return;
    end if;
    update core.payments as p
    set state = 'returned', failure = left(p_reason, 500), fee = p.fee + v_fee
    where p.tenant_id = p_tenant_id and p.id = p_payment_id;

    perform billing.post_journal(
        p_tenant_id, v_payment.legal_entity_id, 'payment_return', p_payment_id::text,
        p_returned_on, v_payment.currency,
        format('Payment %s returned: %s', p_payment_id, coalesce(p_reason, 'no reason given')),
        jsonb_build_array(
            jsonb_build_object(
                'ledger_account', billing.get_payment_ledger_account(v_payment),
                'account_id', v_payment.account_id, 'amount', v_sign * v_payment.amount
            ),
            jsonb_build_object('ledger_account', 'payment_fees', 'amount', v_fee),
            jsonb_build_object(
                'ledger_account', p_to_ledger_account, 'amount', -(v_sign * v_payment.amount + v_fee)
            )
        )
    );
    insert into core.allocations (
        tenant_id, invoice_id, account_id, kind, payment_id, amount, created_by
    )
    select
        p_tenant_id, l.invoice_id, l.account_id, 'payment_return', p_payment_id, -sum(l.amount),
        claims.user_id()
    from core.allocations as l
    where l.tenant_id = p_tenant_id and l.payment_id = p_payment_id
    group by l.invoice_id, l.account_id
    having sum(l.amount) > 0
    order by l.invoice_id;
    perform billing.allocate_credit(p_tenant_id, v_payment.account_id);
    perform billing.tell_payment('payment.returned', v_payment, p_reason);
end;
$$;
revoke all on function billing.return_payment(
    bigint, bigint, date, text, numeric, text
) from public;
comment on function billing.return_payment(bigint, bigint, date, text, numeric, text) is
    'Take back money that had arrived: what it settled is open again.';
