-- Pay what is open of an invoice by card.
--
-- Writes:  core.payments, ops.outbox; the account is locked.
-- Errors:  PT400 return_url_invalid, PT403 permission_missing, PT404 invoice_unknown,
--          account_unknown, PT409 account_closed, invoice_settled, card_provider_missing,
--          payment_under_way.
-- Definer: payments are written by functions only.
create or replace function api.pay_invoice(
    invoice bigint, return_url text, save_card boolean default false
)
returns setof api.payments
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account core.accounts;
    v_item record;
    v_payment core.payments;
begin
    perform billing.check_return_url(return_url);
    select o.* into v_item
    from billing.open_items as o
    where
        o.tenant_id = claims.tenant_id()
        and o.invoice_id = pay_invoice.invoice
        and (claims.role() is distinct from 'customer' or o.account_id = any(claims.account_ids()));
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('there is no open invoice %s', invoice),
            detail = '{"error":"invoice_unknown"}',
            hint = 'The view open_items lists them.';
    end if;
    v_account := billing.lock_payable_account(v_item.account_id);
    -- Again under the lock: somebody else may have paid.
    select o.* into v_item
    from billing.open_items as o
    where o.tenant_id = v_account.tenant_id and o.invoice_id = pay_invoice.invoice;
    if v_item.open_amount <= 0 then
        raise exception using
            errcode = 'PT409',
            message = format('nothing of invoice %s is open', v_item.number),
            detail = '{"error":"invoice_settled"}',
            hint = 'There is nothing left to pay.';
    end if;
    -- Asked for again while its page is open: the same page.
    select p.* into v_payment
    from core.payments as p
    where
        p.tenant_id = v_account.tenant_id
        and p.invoice_id = pay_invoice.invoice
        and p.direction = 'in'
        and p.state in ('pending', 'submitted', 'unknown')
    order by p.id
    limit 1;
    if found and (v_payment.method <> 'card' or v_payment.amount <> v_item.open_amount) then
        raise exception using
            errcode = 'PT409',
            message = 'a payment for it is under way',
            detail = '{"error":"payment_under_way"}',
            hint = 'See payments for how far it has come.';
    elsif not found then
        v_payment := billing.request_card_payment(
            v_account, 'invoice', v_item.open_amount, invoice, null, return_url,
            coalesce(save_card, false)
        );
    end if;
    return query
    select p.*
    from api.payments as p
    where p.tenant_id = v_payment.tenant_id and p.id = v_payment.id;
end;
$$;
revoke all on function api.pay_invoice(bigint, text, boolean) from public;
grant execute on function api.pay_invoice(bigint, text, boolean) to staff, customer, platform;
comment on function api.pay_invoice(bigint, text, boolean) is
    E'Pay what is open of an invoice by card.\n'
    'Answers the payment; ask payments for it until it has a checkout_url, and send the customer '
    'there. return_url is where they go on to. With save_card the card is kept for later. '
    'Customers pay for their own accounts, staff need payments.write.';
