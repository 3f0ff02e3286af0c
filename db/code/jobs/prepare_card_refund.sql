-- What the call for a refund by card needs: see billing.describe_card_call.
--
-- Null when it is over by other means; a call whose outcome nobody knows is asked for all the same.
-- Called by: jobs.prepare_outbox.
-- Writes:    core.payments: nothing, the row is locked.
create or replace function jobs.prepare_card_refund(p_row ops.outbox)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment constant core.payments
        := billing.lock_payment(p_row.tenant_id, (p_row.payload ->> 'payment_id')::bigint);
begin
    if p_row.state <> 'asking' and v_payment.state not in ('pending', 'unknown') then
        return null;
    end if;
    return billing.describe_card_call(v_payment);
end;
$$;
revoke all on function jobs.prepare_card_refund(ops.outbox) from public;
comment on function jobs.prepare_card_refund(ops.outbox) is
    'What the call for a refund by card needs; null when it is no longer wanted.';
