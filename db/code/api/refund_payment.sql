-- Give back a payment that arrived, or a part of it.
--
-- A card gets it back through its provider, a wallet at once; what came through the bank is paid
-- by hand, and booked when the bank's statement has it.
-- Writes:  core.payments, ops.outbox, and what billing.book_refund writes; the account is locked.
-- Errors:  PT400 amount_invalid, reason_required, PT403 permission_missing, PT404
--          payment_unknown, PT409 payment_not_refundable, refund_too_high.
-- Definer: payments are written by functions only.
create or replace function api.refund_payment(
    payment bigint, reason text, amount numeric default null
)
returns setof api.payments
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment core.payments;
    v_refund core.payments;
    v_left numeric;
begin
    perform access.require_permission('payments.write');
    if length(btrim(reason)) between 3 and 500 is not true then
        raise exception using
            errcode = 'PT400',
            message = 'a refund needs a reason',
            detail = '{"error":"reason_required"}',
            hint = 'Say why, in 3 to 500 characters.';
    end if;
    v_payment := billing.lock_payment(claims.tenant_id(), payment);
    if v_payment.direction <> 'in' or v_payment.state <> 'succeeded' then
        raise exception using
            errcode = 'PT409',
            message = format('payment %s cannot be refunded', payment),
            detail = '{"error":"payment_not_refundable"}',
            hint = 'Only a payment that arrived and was not returned can be.';
    end if;
    select v_payment.amount - coalesce(sum(f.amount), 0) into v_left
    from core.payments as f
    where
        f.tenant_id = v_payment.tenant_id
        and f.refunded_payment_id = v_payment.id
        and f.state in ('pending', 'submitted', 'unknown', 'succeeded');
    if v_payment.purpose = 'top_up' then
        -- What was charged for is not in the wallet any more, nor what other refunds will take.
        select
            least(
                v_left,
                billing.get_wallet_balance(v_payment.tenant_id, v_payment.account_id)
                - coalesce(sum(f.amount), 0)
            )
        into v_left
        from core.payments as f
        inner join core.payments as o
            on o.tenant_id = f.tenant_id and o.id = f.refunded_payment_id and o.purpose = 'top_up'
        where
            f.tenant_id = v_payment.tenant_id
            and f.account_id = v_payment.account_id
            and f.direction = 'out'
            and f.state in ('pending', 'submitted', 'unknown');
    end if;
    -- NaN is above every number.
    if
        coalesce(amount, v_left) > v_left or v_left <= 0
    then
        raise exception using
            errcode = 'PT409',
            message = 'so much of it is not left',
            detail = json_build_object(
                'error', 'refund_too_high', 'refundable', greatest(v_left, 0)
            )::text,
            hint = 'What was refunded before, or used from the wallet, cannot be given back.';
    end if;
    if
        amount <= 0
        or amount <> round(amount, pricing.get_currency_decimals(v_payment.currency))
    then
        raise exception using
            errcode = 'PT400',
            message = 'this is no amount to give back',
            detail = '{"error":"amount_invalid"}',
            hint = 'Give an amount above zero, with the decimals of the currency.';
    end if;

    insert into core.payments (
        tenant_id, legal_entity_id, account_id, direction, purpose, method, provider,
        payment_provider_id, idempotency_key, amount, currency, state, refunded_payment_id, reason,
        created_by
    )
    values (
        v_payment.tenant_id, v_payment.legal_entity_id, v_payment.account_id, 'out', 'refund',
        case v_payment.method when 'sepa_debit' then 'bank_transfer' else v_payment.method end,
        v_payment.provider, v_payment.payment_provider_id, 'refund-' || gen_random_uuid(),
        coalesce(amount, v_left), v_payment.currency, 'pending', v_payment.id, btrim(reason),
        claims.user_id()
    )
    returning * into v_refund;
    if v_refund.method = 'card' then
        perform notify.put_outbox(
            v_refund.tenant_id, 'card_refund', v_refund.idempotency_key,
            jsonb_build_object('payment_id', v_refund.id)
        );
    elsif v_refund.method = 'wallet' then
        perform billing.book_refund(
            v_refund.tenant_id, v_refund.id,
            billing.get_local_date(v_refund.tenant_id, v_refund.legal_entity_id), 'wallets'
        );
    end if;
    return query
    select p.*
    from api.payments as p
    where p.tenant_id = v_refund.tenant_id and p.id = v_refund.id;
end;
$$;
revoke all on function api.refund_payment(bigint, text, numeric) from public;
grant execute on function api.refund_payment(bigint, text, numeric) to staff, platform;
comment on function api.refund_payment(bigint, text, numeric) is
    E'Give back a payment that arrived, or amount of it.\n'
    'A card gets it back through its provider, a wallet at once; what came through the bank is '
    'transferred by hand and booked from the statement. Invoices that it settled are open again '
    'unless a credit note was written before. Needs payments.write.';
