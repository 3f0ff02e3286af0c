-- Make a part of a bank line a payment, or the return of one, and write down how it was found.
--
-- p_payment_id: a direct debit of ours that was in a batch, whatever we were told of it since, or a
-- refund that waits; null for a transfer, which becomes
-- a payment of the account (a top-up for a prepaid one that names no invoice). p_amount below zero
-- returns the direct debit, and what is beyond its amount is the bank's fee.
-- Returns:   false when the payment is not what it was when it was found; nothing is done then.
-- Called by: billing.match_bank_transactions, api.match_bank_transaction. The line and the account
--            are locked.
-- Writes:    core.payments, core.bank_matches, core.bank_transactions, allocations and the ledger
--            (billing.book_payment, billing.return_payment, billing.book_refund),
--            core.mandates.
create or replace function billing.apply_bank_match(
    p_line core.bank_transactions,
    p_how text,
    p_account_id bigint,
    p_payment_id bigint,
    p_invoice_id bigint,
    p_amount numeric,
    p_note text default null
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment core.payments;
    v_reason text;
begin
    if p_payment_id is null then
        insert into core.payments (
            tenant_id, legal_entity_id, account_id, purpose, method, provider, idempotency_key,
            amount, currency, state, invoice_id, created_by
        )
        select
            p_line.tenant_id, p_line.legal_entity_id, p_account_id,
            case
                when a.kind = 'prepaid' and p_invoice_id is null then 'top_up' else 'invoice'
            end,
            'bank_transfer', 'bank',
            format(
                'bank:%s:%s', p_line.id,
                1 + (
                    select count(*)
                    from core.bank_matches as m
                    where m.tenant_id = p_line.tenant_id and m.bank_transaction_id = p_line.id
                )
            ),
            p_amount, p_line.currency, 'pending', p_invoice_id, claims.user_id()
        from core.accounts as a
        where a.tenant_id = p_line.tenant_id and a.id = p_account_id
        returning * into v_payment;
    else
        select p.* into v_payment
        from core.payments as p
        where p.tenant_id = p_line.tenant_id and p.id = p_payment_id
        for no key update;
        if
            v_payment.direction = 'out' and (
                v_payment.state not in ('pending', 'submitted', 'unknown')
                or v_payment.amount <> -p_amount
            )
            or p_amount < 0 and v_payment.state = 'returned'
            or p_amount > 0 and exists (
                select
                from core.bank_matches as m
                where
                    m.tenant_id = p_line.tenant_id
                    and m.payment_id = v_payment.id
                    and m.amount > 0
            )
        then
            return false;
        end if;
    end if;

    -- One that goes back before its credit is seen is booked all the same; when the credit comes,
    -- nothing is left to be booked.
    if v_payment.direction = 'out' then
        perform billing.book_refund(
            v_payment.tenant_id, v_payment.id, p_line.booked_on, 'suspense'
        );
    else
        perform billing.book_payment(
            v_payment.tenant_id, v_payment.id, p_line.booked_on, 'suspense'
        );
    end if;
    if p_amount < 0 and v_payment.direction = 'in' then
        v_reason := concat_ws(
            ' ', coalesce(p_line.return_reason, 'returned'),
            nullif(left(p_line.remittance, 200), '')
        );
        perform billing.return_payment(
            v_payment.tenant_id, v_payment.id, p_line.booked_on, v_reason,
            -p_amount - v_payment.amount, 'suspense'
        );
        perform billing.revoke_mandate(
            v_payment.tenant_id, v_payment.mandate_id, p_line.return_reason
        );
    end if;
    insert into core.bank_matches (
        tenant_id, bank_transaction_id, how, amount, payment_id, note, matched_by
    )
    values (
        p_line.tenant_id, p_line.id, p_how, p_amount, v_payment.id, p_note, claims.user_id()
    );
    update core.bank_transactions as t
    set matched_amount = t.matched_amount + p_amount
    where t.tenant_id = p_line.tenant_id and t.id = p_line.id;
    return true;
end;
$$;
revoke all on function billing.apply_bank_match(
    core.bank_transactions, text, bigint, bigint, bigint, numeric, text
) from public;
comment on function billing.apply_bank_match(
    core.bank_transactions, text, bigint, bigint, bigint, numeric, text
) is 'Make a part of a bank line a payment or the return of one; false when it no longer is so.';
