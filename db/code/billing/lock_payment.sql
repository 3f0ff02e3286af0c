-- Lock a payment after its account, and return it as it is then.
--
-- Called by: everything that changes the state of a payment.
-- Writes:    nothing; the account, then the payment are locked.
-- Errors:    PT404 payment_unknown.
create or replace function billing.lock_payment(p_tenant_id bigint, p_payment_id bigint)
returns core.payments
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment core.payments;
begin
    perform billing.lock_account(p_tenant_id, p.account_id)
    from core.payments as p
    where p.tenant_id = p_tenant_id and p.id = p_payment_id and p.account_id is not null;

    select p.* into v_payment
    from core.payments as p
    where p.tenant_id = p_tenant_id and p.id = p_payment_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such payment',
            detail = '{"error":"payment_unknown"}',
            hint = 'Take the id from payments.';
    end if;
    return v_payment;
end;
$$;
revoke all on function billing.lock_payment(bigint, bigint) from public;
comment on function billing.lock_payment(bigint, bigint) is
    'Lock a payment after its account, and return it as it is then.';

-- Whose money a payment moves in the ledger: a wallet's or what an account owes.
--
-- A refund gives back what its payment brought; what a wallet paid was receivable.
-- Called by: billing.book_payment, return_payment, book_refund.
create or replace function billing.get_payment_ledger_account(p_payment core.payments)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when coalesce(o.purpose, p_payment.purpose) = 'top_up' then 'wallets' else 'receivables'
    end
    from (values (1)) as one (row)
    left join core.payments as o
        on o.tenant_id = p_payment.tenant_id and o.id = p_payment.refunded_payment_id
$$;
revoke all on function billing.get_payment_ledger_account(core.payments) from public;
comment on function billing.get_payment_ledger_account(core.payments) is
    'Whose money a payment moves in the ledger: a wallet''s or what an account owes.';

-- Tell what became of a payment.
--
-- Called by: billing.book_payment, return_payment, book_refund, fail_payment.
-- Writes:    core.events.
create or replace function billing.tell_payment(
    p_type text, p_payment core.payments, p_reason text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notify.emit(
        p_payment.tenant_id, p_type, 'payment', p_payment.id,
        jsonb_strip_nulls(
            jsonb_build_object(
                'account_id', p_payment.account_id,
                'invoice_id', p_payment.invoice_id,
                'direction', p_payment.direction,
                'purpose', p_payment.purpose,
                'method', p_payment.method,
                'amount', trim_scale(p_payment.amount)::text,
                'currency', p_payment.currency,
                'reason', p_reason
            )
        )
    );
end;
$$;
revoke all on function billing.tell_payment(text, core.payments, text) from public;
comment on function billing.tell_payment(text, core.payments, text) is
    'Tell what became of a payment.';
