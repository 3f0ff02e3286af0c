-- Say that a payment on its way through the bank will not arrive: a direct debit that the bank
-- refused (its report is a pain.002), one that was announced and is not to be collected, a refund
-- whose transfer was not made.
--
-- What was with the bank has failed, and its customer is told; what was not is cancelled. When the
-- money moves all the same, the statement books it.
-- Writes:  core.payments, core.mandates, core.allocations, core.events; locks the account, then the
--          payment.
-- Errors:  PT403 permission_missing, PT400 reason_required, PT404 payment_unknown,
--          PT409 payment_not_on_its_way, payment_in_batch.
-- Definer: payments are written by functions only.
create or replace function api.fail_payment(payment bigint, reason text)
returns setof api.payments
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reason constant text := btrim(fail_payment.reason);
    v_payment core.payments;
begin
    perform access.require_permission('payments.write');
    if length(v_reason) between 3 and 500 is not true then
        raise exception using
            errcode = 'PT400',
            message = 'a payment that does not arrive needs a reason',
            detail = '{"error":"reason_required"}',
            hint = 'Say why, in 3 to 500 characters, the code of the bank first.';
    end if;
    v_payment := billing.lock_payment(claims.tenant_id(), fail_payment.payment);
    if
        v_payment.method not in ('sepa_debit', 'bank_transfer')
        or v_payment.state not in ('pending', 'submitted', 'unknown')
    then
        raise exception using
            errcode = 'PT409',
            message = format('payment %s is not on its way through the bank', v_payment.id),
            detail = '{"error":"payment_not_on_its_way"}',
            hint = 'A direct debit or a refund by transfer that is pending or submitted can fail; '
                'what was booked comes back by the statement, or with refund_payment.';
    end if;
    if v_payment.state = 'pending' and v_payment.debit_batch_id is not null then
        raise exception using
            errcode = 'PT409',
            message = format('payment %s stands in the file of a batch', v_payment.id),
            detail = '{"error":"payment_in_batch"}',
            hint = 'Hand the batch to the bank first, or withdraw it with cancel_debit_batch.';
    end if;
    if v_payment.state = 'pending' then
        update core.payments as p
        set state = 'cancelled', failure = v_reason
        where p.tenant_id = v_payment.tenant_id and p.id = v_payment.id;
        perform billing.allocate_credit(v_payment.tenant_id, v_payment.account_id);
    else
        perform billing.fail_payment(v_payment.tenant_id, v_payment.id, v_reason);
        perform billing.revoke_mandate(
            v_payment.tenant_id, v_payment.mandate_id, upper(left(v_reason, 4))
        );
    end if;
    return query
    select p.*
    from api.payments as p
    where p.tenant_id = v_payment.tenant_id and p.id = v_payment.id;
end;
$$;
revoke all on function api.fail_payment(bigint, text) from public;
grant execute on function api.fail_payment(bigint, text) to staff, platform;
comment on function api.fail_payment(bigint, text) is
    E'Say that a payment on its way through the bank will not arrive.\n'
    'A direct debit that the bank refused has failed: reason begins with the bank''s code where it '
    'gave one (AC04 account closed), and a code that says that account or mandate are no good '
    'revokes the mandate. A direct debit that was only announced, or a refund whose transfer was '
    'not made, is cancelled. collect_invoice collects an invoice again. Needs the permission '
    'payments.write.';
