-- Book money that has arrived: post it, settle what it is for, and say so.
--
-- A payment for invoices settles its own first (invoice_id), then the oldest due of the account;
-- the rest stays credit of the account. A top-up goes to the wallet, and settles what the wallet
-- could not pay before.
-- Also for one that had failed or was cancelled: the money is there. Booked again nothing happens.
-- p_booked_on: a date of the legal entity's zone. p_from_ledger_account: card_clearing, suspense.
-- p_journal_kind: payment (a top-up is posted as top_up), or match for a line of a bank statement.
-- Called by: what hears of money (the bank's statements, the card provider), as the owner.
-- Writes:    core.payments, core.journals, core.ledger_entries, core.allocations, core.events;
--            locks the account, then the payment.
-- Errors:    PT404 payment_unknown; 23514 for a payment without an account.
create or replace function billing.book_payment(
    p_tenant_id bigint,
    p_payment_id bigint,
    p_booked_on date,
    p_from_ledger_account text,
    p_journal_kind text default 'payment'
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment constant core.payments := billing.lock_payment(p_tenant_id, p_payment_id);
    v_settled numeric;
begin
    if v_payment.state in ('succeeded', 'returned') then
        return;
    end if;
    update core.payments as p
    set state = 'succeeded', failure = null, booked_on = p_booked_on
    where p.tenant_id = p_tenant_id and p.id = p_payment_id;

    perform billing.post_journal(
        p_tenant_id, v_payment.legal_entity_id,
        case
            when v_payment.purpose = 'top_up' and p_journal_kind = 'payment' then 'top_up'
            else p_journal_kind
        end,
        p_payment_id::text, p_booked_on, v_payment.currency,
        format('Payment %s (%s)', p_payment_id, v_payment.method),
        jsonb_build_array(
            jsonb_build_object(
                'ledger_account', p_from_ledger_account, 'amount', v_payment.amount
            ),
            jsonb_build_object(
                'ledger_account', billing.get_payment_ledger_account(v_payment),
                'account_id', v_payment.account_id, 'amount', -v_payment.amount
            )
        )
    );

    if v_payment.purpose = 'top_up' then
        perform billing.allocate_credit(p_tenant_id, v_payment.account_id);
        perform billing.use_wallets(p_tenant_id, array[v_payment.account_id], null);
    else
        insert into core.allocations (
            tenant_id, invoice_id, account_id, kind, payment_id, amount, created_by
        )
        select
            p_tenant_id, o.invoice_id, o.account_id, 'payment', p_payment_id,
            least(o.open_amount, v_payment.amount), claims.user_id()
        from billing.open_items as o
        where
            o.tenant_id = p_tenant_id
            and o.invoice_id = v_payment.invoice_id
            and o.account_id = v_payment.account_id
            and o.currency = v_payment.currency
            and o.open_amount > 0
        returning amount into v_settled;
        -- An account may have many invoices: none is looked for when nothing is left for them.
        if v_settled is distinct from v_payment.amount then
            perform billing.allocate_credit(p_tenant_id, v_payment.account_id);
        end if;
    end if;
    perform billing.tell_payment('payment.succeeded', v_payment, null);
end;
$$;
revoke all on function billing.book_payment(bigint, bigint, date, text, text) from public;
comment on function billing.book_payment(bigint, bigint, date, text, text) is
    'Book money that has arrived: post it, and settle what it is for.';
