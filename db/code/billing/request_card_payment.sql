-- Ask for a payment by card: the row with its key first, then the call (jobs, kind card_payment).
--
-- With p_card_id the card on file is charged without the customer; without, the provider makes a
-- page (checkout_url) on which the customer pays, and goes on to p_return_url.
-- Called by: api.pay_invoice, api.top_up_wallet, jobs.tend_wallets.
-- Writes:    core.payments, ops.outbox.
-- Errors:    PT409 card_provider_missing, payment_under_way.
create or replace function billing.request_card_payment(
    p_account core.accounts,
    p_purpose text,
    p_amount numeric,
    p_invoice_id bigint,
    p_card_id bigint,
    p_return_url text,
    p_saves_card boolean
)
returns core.payments
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_provider core.payment_providers;
    v_payment core.payments;
begin
    select v.* into v_provider
    from core.payment_providers as v
    where
        v.tenant_id = p_account.tenant_id
        and v.legal_entity_id = p_account.legal_entity_id
        and v.is_enabled
        and v.has_api_key;
    if not found then
        raise exception using
            errcode = 'PT409',
            message = 'cards are not taken here',
            detail = '{"error":"card_provider_missing"}',
            hint = 'A card provider with its keys is set up in payment_providers.';
    end if;
    insert into core.payments (
        tenant_id, legal_entity_id, account_id, purpose, method, provider, payment_provider_id,
        card_id, idempotency_key, amount, currency, state, invoice_id, return_url, saves_card,
        created_by
    )
    values (
        p_account.tenant_id, p_account.legal_entity_id, p_account.id, p_purpose, 'card',
        v_provider.provider, v_provider.id, p_card_id, 'card-' || gen_random_uuid(),
        p_amount, p_account.currency, 'pending', p_invoice_id, p_return_url, p_saves_card,
        claims.user_id()
    )
    on conflict do nothing
    returning * into v_payment;
    if v_payment.id is null then
        raise exception using
            errcode = 'PT409',
            message = 'a card payment for it is under way',
            detail = '{"error":"payment_under_way"}',
            hint = 'See payments for how far it has come.';
    end if;
    perform notify.put_outbox(
        v_payment.tenant_id, 'card_payment', v_payment.idempotency_key,
        jsonb_build_object('payment_id', v_payment.id)
    );
    return v_payment;
end;
$$;
revoke all on function billing.request_card_payment(
    core.accounts, text, numeric, bigint, bigint, text, boolean
) from public;
comment on function billing.request_card_payment(
    core.accounts, text, numeric, bigint, bigint, text, boolean
) is 'Ask for a payment by card: the row with its key first, then the call.';

-- Check where a customer goes on to after paying.
--
-- Called by: api.pay_invoice, api.top_up_wallet.
-- Errors:    PT400 return_url_invalid.
create or replace function billing.check_return_url(p_url text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_url !~ '^https?://[!-~]+$' or length(p_url) > 1000 then
        raise exception using
            errcode = 'PT400',
            message = 'this is no address to go on to',
            detail = '{"error":"return_url_invalid"}',
            hint = 'Give the address of a page, such as https://portal.example.com/invoices.';
    end if;
end;
$$;
revoke all on function billing.check_return_url(text) from public;
comment on function billing.check_return_url(text) is
    'Check where a customer goes on to after paying.';

-- The account that a person may pay for: their own, or with payments.write any of their tenant's.
--
-- Locked: what it owes and has is changed by one at a time.
-- Called by: api.pay_invoice, api.top_up_wallet.
-- Errors:    PT403 permission_missing, PT404 account_unknown, PT409 account_closed.
create or replace function billing.lock_payable_account(p_account_id bigint)
returns core.accounts
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account core.accounts;
begin
    if claims.role() is distinct from 'customer' then
        perform access.require_permission('payments.write');
    end if;
    select a.* into v_account
    from core.accounts as a
    where
        a.tenant_id = claims.tenant_id()
        and a.id = p_account_id
        and (claims.role() is distinct from 'customer' or a.id = any(claims.account_ids()))
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such account',
            detail = '{"error":"account_unknown"}',
            hint = 'The view accounts lists them.';
    end if;
    if v_account.state = 'closed' then
        raise exception using
            errcode = 'PT409',
            message = 'the account is closed',
            detail = '{"error":"account_closed"}',
            hint = 'Open it again in accounts, or use another.';
    end if;
    return v_account;
end;
$$;
revoke all on function billing.lock_payable_account(bigint) from public;
comment on function billing.lock_payable_account(bigint) is
    'The account that a person may pay for, locked.';
