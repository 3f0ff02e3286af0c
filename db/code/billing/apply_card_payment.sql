-- Book what a card provider says of a payment: its reply, its answer when asked, or its event.
--
-- The same whoever comes first, and however often. p_object: a checkout session, a payment intent,
-- or {"object":"decline","message"} for a refusal without either.
-- The amount has to be the one that was asked for: another is kept in failure, for a person.
-- A fee is posted when the object has it (latest_charge.balance_transaction); else it is asked for.
-- Called by: jobs.settle_card_payment, jobs.settle_card_check, jobs.process_payment_events.
-- Writes:    core.payments, core.cards, ops.outbox, and what billing.book_payment writes; locks
--            the account, then the payment.
-- Returns:   what came of it, for people.
create or replace function billing.apply_card_payment(
    p_tenant_id bigint, p_payment_id bigint, p_object jsonb
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment core.payments := billing.lock_payment(p_tenant_id, p_payment_id);
    v_status constant text := p_object ->> 'status';
    v_intent jsonb;
    v_problem text;
begin
    if v_payment.direction <> 'in' or v_payment.payment_provider_id is null then
        return 'it is no card payment';
    end if;
    if p_object ->> 'object' = 'decline' then
        perform billing.fail_payment(p_tenant_id, p_payment_id, p_object ->> 'message');
        return 'declined';
    end if;

    if p_object ->> 'object' = 'checkout.session' then
        update core.payments as p
        set
            checkout_id = p_object ->> 'id',
            checkout_url = case when v_status = 'open' then p_object ->> 'url' end,
            state = case
                when p.state not in ('pending', 'submitted', 'unknown') then p.state
                when v_status = 'expired' then 'cancelled'
                else 'submitted'
            end
        where
            p.tenant_id = p_tenant_id
            and p.id = p_payment_id
            and (p.checkout_id is null or p.checkout_id = p_object ->> 'id');
        if v_status = 'expired' then
            -- Credit was kept from the invoice while the page was open.
            perform billing.allocate_credit(p_tenant_id, v_payment.account_id);
        end if;
        v_intent := p_object -> 'payment_intent';
        if jsonb_typeof(v_intent) = 'object' then
            return billing.apply_card_payment(p_tenant_id, p_payment_id, v_intent);
        end if;
        if p_object ->> 'payment_status' = 'paid' and v_payment.state <> 'succeeded' then
            -- The intent says how much: it comes as an event of its own, or is asked for.
            perform billing.ask_card_payment(v_payment, 'paid');
        end if;
        return 'checkout ' || coalesce(v_status, 'without a status');
    end if;
    if p_object ->> 'object' is distinct from 'payment_intent' then
        return 'it is not understood';
    end if;

    update core.payments as p
    set provider_payment_id = p_object ->> 'id'
    where
        p.tenant_id = p_tenant_id and p.id = p_payment_id and p.provider_payment_id is null
    returning p.* into v_payment;
    if not found then
        v_payment := billing.lock_payment(p_tenant_id, p_payment_id);
    end if;
    if v_payment.provider_payment_id is distinct from p_object ->> 'id' then
        return 'it is another payment of the provider';
    end if;

    if v_status = 'succeeded' then
        if
            (p_object ->> 'amount_received')::numeric
            is distinct from billing.get_minor_units(v_payment.amount, v_payment.currency)
            or upper(p_object ->> 'currency') is distinct from v_payment.currency
        then
            v_problem := format(
                'the provider took %s %s (smallest units)', p_object ->> 'amount_received',
                p_object ->> 'currency'
            );
            update core.payments as p
            set failure = left(v_problem, 500)
            where p.tenant_id = p_tenant_id and p.id = p_payment_id;
            return v_problem;
        end if;
        perform billing.book_payment(
            p_tenant_id, p_payment_id,
            billing.get_local_date(p_tenant_id, v_payment.legal_entity_id), 'card_clearing'
        );
        perform billing.keep_card(v_payment, p_object);
        if jsonb_typeof(p_object #> '{latest_charge,balance_transaction}') = 'object' then
            perform billing.post_card_fee(
                v_payment, p_object #> '{latest_charge,balance_transaction}'
            );
        else
            perform billing.ask_card_payment(v_payment, 'fee');
        end if;
        return 'succeeded';
    end if;

    if v_status = 'canceled' then
        update core.payments as p
        set state = 'cancelled'
        where
            p.tenant_id = p_tenant_id
            and p.id = p_payment_id
            and p.state in ('pending', 'submitted', 'unknown');
        perform billing.allocate_credit(p_tenant_id, v_payment.account_id);
    elsif v_status = 'processing' or v_payment.card_id is null then
        -- On a page the customer may try another card.
        update core.payments as p
        set state = 'submitted'
        where
            p.tenant_id = p_tenant_id
            and p.id = p_payment_id
            and p.state in ('pending', 'unknown');
    else
        perform billing.fail_payment(
            p_tenant_id, p_payment_id,
            coalesce(
                p_object #>> '{last_payment_error,message}', 'the card was refused: ' || v_status
            )
        );
    end if;
    return coalesce(v_status, 'without a status');
end;
$$;
revoke all on function billing.apply_card_payment(bigint, bigint, jsonb) from public;
comment on function billing.apply_card_payment(bigint, bigint, jsonb) is
    'Book what a card provider says of a payment; returns what came of it.';

-- Ask the provider how a card payment stands; once for each reason.
--
-- Called by: billing.apply_card_payment, jobs.check_card_payments.
-- Writes:    ops.outbox.
create or replace function billing.ask_card_payment(p_payment core.payments, p_reason text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notify.put_outbox(
        p_payment.tenant_id, 'card_check',
        format('card-check/%s/%s/%s', p_payment.tenant_id, p_payment.id, p_reason),
        jsonb_build_object('payment_id', p_payment.id)
    );
end;
$$;
revoke all on function billing.ask_card_payment(core.payments, text) from public;
comment on function billing.ask_card_payment(core.payments, text) is
    'Ask the provider how a card payment stands; once for each reason.';

-- Post what the provider took for a card payment, once.
--
-- A fee in another currency than the payment's is the provider's exchange: not posted, for the
-- clearing account is in the payment's.
-- Called by: billing.apply_card_payment.
-- Writes:    core.payments, core.journals, core.ledger_entries.
create or replace function billing.post_card_fee(p_payment core.payments, p_balance jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_fee constant numeric
        := (p_balance ->> 'fee')::numeric / billing.get_unit_scale(p_payment.currency);
begin
    if
        v_fee is null
        or v_fee <= 0
        or upper(p_balance ->> 'currency') is distinct from p_payment.currency
        or exists (
            select
            from core.journals as j
            where
                j.tenant_id = p_payment.tenant_id
                and j.kind = 'provider_fee'
                and j.source_key = 'payment/' || p_payment.id
        )
    then
        return;
    end if;
    perform billing.post_journal(
        p_payment.tenant_id, p_payment.legal_entity_id, 'provider_fee',
        'payment/' || p_payment.id,
        billing.get_local_date(p_payment.tenant_id, p_payment.legal_entity_id),
        p_payment.currency, format('Fee of payment %s (%s)', p_payment.id, p_payment.provider),
        jsonb_build_array(
            jsonb_build_object('ledger_account', 'payment_fees', 'amount', v_fee),
            jsonb_build_object('ledger_account', 'card_clearing', 'amount', -v_fee)
        )
    );
    update core.payments as p
    set fee = p.fee + v_fee
    where p.tenant_id = p_payment.tenant_id and p.id = p_payment.id;
end;
$$;
revoke all on function billing.post_card_fee(core.payments, jsonb) from public;
comment on function billing.post_card_fee(core.payments, jsonb) is
    'Post what the provider took for a card payment, once.';

-- Keep the card of a payment for later, if the customer asked for that.
--
-- Called by: billing.apply_card_payment.
-- Writes:    core.cards: the one of before is removed.
create or replace function billing.keep_card(p_payment core.payments, p_intent jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_card constant jsonb := p_intent #> '{latest_charge,payment_method_details,card}';
begin
    if
        not p_payment.saves_card
        or jsonb_typeof(v_card) is distinct from 'object'
        or jsonb_typeof(p_intent -> 'customer') is distinct from 'string'
        or jsonb_typeof(p_intent -> 'payment_method') is distinct from 'string'
        or exists (
            select
            from core.cards as c
            where
                c.tenant_id = p_payment.tenant_id
                and c.payment_provider_id = p_payment.payment_provider_id
                and c.provider_card_id = p_intent ->> 'payment_method'
        )
    then
        return;
    end if;
    update core.cards as c
    set state = 'removed'
    where
        c.tenant_id = p_payment.tenant_id
        and c.account_id = p_payment.account_id
        and c.state = 'active';
    insert into core.cards (
        tenant_id, account_id, payment_provider_id, provider_customer_id, provider_card_id, brand,
        last4, expires_on
    )
    values (
        p_payment.tenant_id, p_payment.account_id, p_payment.payment_provider_id,
        p_intent ->> 'customer', p_intent ->> 'payment_method', v_card ->> 'brand',
        v_card ->> 'last4',
        (
            make_date((v_card ->> 'exp_year')::integer, (v_card ->> 'exp_month')::integer, 1)
            + interval '1 month - 1 day'
        )::date
    );
end;
$$;
revoke all on function billing.keep_card(core.payments, jsonb) from public;
comment on function billing.keep_card(core.payments, jsonb) is
    'Keep the card of a payment for later, if the customer asked for that.';
