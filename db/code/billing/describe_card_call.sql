-- What a call about a card payment or refund needs: keys, amounts in the provider's units.
--
-- {"api_key", "key" (idempotency), "payment_id", "amount", "currency", "description", "email",
--  "return_url", "expires_at", "asked_at", "customer", "card", "saves_card", "checkout_id",
--  "provider_payment_id", "refunded_provider_payment_id"}; times in seconds since 1970.
-- Called by: jobs.prepare_card_payment, prepare_card_refund, prepare_card_check.
-- Errors:    PT409 card_provider_missing.
create or replace function billing.describe_card_call(p_payment core.payments)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_call jsonb;
begin
    select
        jsonb_build_object(
            'api_key', s.api_key,
            'key', p_payment.idempotency_key,
            'payment_id', p_payment.id,
            'amount', billing.get_minor_units(p_payment.amount, p_payment.currency),
            'currency', lower(p_payment.currency),
            'description', coalesce('Invoice ' || i.number, 'Account ' || a.number),
            'email', c.email,
            'return_url', p_payment.return_url,
            'expires_at', extract(
                epoch from date_trunc('second', p_payment.created_at)
                + make_interval(
                    mins => greatest(access.get_setting('payments.checkout_minutes')::integer, 31)
                )
            )::bigint,
            'asked_at', extract(epoch from p_payment.created_at)::bigint,
            'customer', d.provider_customer_id,
            'card', d.provider_card_id,
            'saves_card', p_payment.saves_card,
            'checkout_id', p_payment.checkout_id,
            'provider_payment_id', p_payment.provider_payment_id,
            'refunded_provider_payment_id', o.provider_payment_id
        )
    into v_call
    from ops.payment_provider_secrets as s
    inner join core.accounts as a
        on a.tenant_id = p_payment.tenant_id and a.id = p_payment.account_id
    inner join core.customers as c on c.tenant_id = a.tenant_id and c.id = a.customer_id
    left join core.invoices as i
        on i.tenant_id = p_payment.tenant_id and i.id = p_payment.invoice_id
    left join core.cards as d on d.tenant_id = p_payment.tenant_id and d.id = p_payment.card_id
    left join core.payments as o
        on o.tenant_id = p_payment.tenant_id and o.id = p_payment.refunded_payment_id
    where
        s.tenant_id = p_payment.tenant_id
        and s.payment_provider_id = p_payment.payment_provider_id
        and s.api_key is not null;
    if not found then
        raise exception using
            errcode = 'PT409',
            message = 'the card provider has no API key',
            detail = '{"error":"card_provider_missing"}',
            hint = 'Set it with set_payment_provider_secrets.';
    end if;
    return v_call;
end;
$$;
revoke all on function billing.describe_card_call(core.payments) from public;
comment on function billing.describe_card_call(core.payments) is
    'What a call about a card payment or refund needs.';

-- An amount in the smallest unit of its currency, as card providers count.
--
-- Called by: billing.describe_card_call, billing.apply_card_payment and others.
-- Source:    docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases": ISK and
--            UGX count in hundredths although they have none.
create or replace function billing.get_unit_scale(p_currency text)
returns numeric
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select power(
        10::numeric,
        case
            when upper(p_currency) in ('ISK', 'UGX') then 2
            else pricing.get_currency_decimals(upper(p_currency))
        end
    )
$$;
revoke all on function billing.get_unit_scale(text) from public;
comment on function billing.get_unit_scale(text) is
    'How many of the units that card providers count in are one of a currency.';

create or replace function billing.get_minor_units(p_amount numeric, p_currency text)
returns bigint
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select round(p_amount * billing.get_unit_scale(p_currency))::bigint
$$;
revoke all on function billing.get_minor_units(numeric, text) from public;
comment on function billing.get_minor_units(numeric, text) is
    'An amount in the smallest unit of its currency.';
