-- Fill the wallet of a prepaid account by card.
--
-- Writes:  core.payments, ops.outbox; the account is locked.
-- Errors:  PT400 amount_invalid, return_url_invalid, PT403 permission_missing,
--          PT404 account_unknown, PT409 account_closed, account_not_prepaid, card_missing,
--          card_provider_missing, payment_under_way.
-- Definer: payments are written by functions only.
create or replace function api.top_up_wallet(
    account bigint, amount numeric, return_url text default null, save_card boolean default false
)
returns setof api.payments
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account constant core.accounts := billing.lock_payable_account(account);
    v_card_id bigint;
    v_payment core.payments;
begin
    perform billing.check_return_url(return_url);
    if v_account.kind <> 'prepaid' then
        raise exception using
            errcode = 'PT409',
            message = 'the account has no wallet',
            detail = '{"error":"account_not_prepaid"}',
            hint = 'Only prepaid accounts have one.';
    end if;
    -- NaN is above every number.
    if
        amount is null
        or amount not between 1 and 10000
        or amount <> round(amount, pricing.get_currency_decimals(v_account.currency))
    then
        raise exception using
            errcode = 'PT400',
            message = 'this is no amount to fill a wallet with',
            detail = '{"error":"amount_invalid"}',
            hint = 'Give an amount from 1 to 10000, with the decimals of the currency.';
    end if;
    if return_url is null then
        select c.id into v_card_id
        from core.cards as c
        where
            c.tenant_id = v_account.tenant_id
            and c.account_id = v_account.id
            and c.state = 'active';
        if not found then
            raise exception using
                errcode = 'PT409',
                message = 'no card is on file',
                detail = '{"error":"card_missing"}',
                hint = 'Give return_url, so that the customer can enter one.';
        end if;
    end if;
    v_payment := billing.request_card_payment(
        v_account, 'top_up', amount, null, v_card_id, return_url, coalesce(save_card, false)
    );
    return query
    select p.*
    from api.payments as p
    where p.tenant_id = v_payment.tenant_id and p.id = v_payment.id;
end;
$$;
revoke all on function api.top_up_wallet(bigint, numeric, text, boolean) from public;
grant execute on function api.top_up_wallet(bigint, numeric, text, boolean)
to staff, customer, platform;
comment on function api.top_up_wallet(bigint, numeric, text, boolean) is
    E'Fill the wallet of a prepaid account by card.\n'
    'With return_url the provider makes a page: ask payments until it has a checkout_url. Without, '
    'the card on file is charged. Customers fill their own, staff need payments.write.';
