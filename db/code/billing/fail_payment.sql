-- Note that a payment on its way was refused; nothing was posted, so nothing is taken back.
--
-- One that is there, was returned or has ended stays as it is. Credit of the account that was kept
-- from the invoice while this was on its way settles it now.
-- Called by: billing.return_payment, api.fail_payment, what hears from the card provider.
-- Writes:    core.payments, core.allocations, core.events; locks the account, then the payment.
-- Errors:    PT404 payment_unknown.
create or replace function billing.fail_payment(
    p_tenant_id bigint, p_payment_id bigint, p_reason text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment constant core.payments := billing.lock_payment(p_tenant_id, p_payment_id);
begin
    if v_payment.state not in ('pending', 'submitted', 'unknown') then
        return;
    end if;
    update core.payments as p
    set state = 'failed', failure = left(p_reason, 500)
    where p.tenant_id = p_tenant_id and p.id = p_payment_id;
    perform billing.allocate_credit(p_tenant_id, v_payment.account_id);
    perform billing.tell_payment('payment.failed', v_payment, p_reason);
end;
$$;
revoke all on function billing.fail_payment(bigint, bigint, text) from public;
comment on function billing.fail_payment(bigint, bigint, text) is
    'Note that a payment on its way was refused.';
