-- What the call for a card payment needs: see billing.describe_card_call.
--
-- Null when it is over by other means; a call whose outcome nobody knows is asked for all the same.
-- Called by: jobs.prepare_outbox.
-- Writes:    core.payments (cancelled when its invoice was settled meanwhile).
create or replace function jobs.prepare_card_payment(p_row ops.outbox)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment constant core.payments
        := billing.lock_payment(p_row.tenant_id, (p_row.payload ->> 'payment_id')::bigint);
    v_open numeric;
begin
    if p_row.state <> 'asking' and v_payment.state not in ('pending', 'unknown') then
        return null;
    end if;
    if
        p_row.state <> 'asking'
        and v_payment.invoice_id is not null
        and v_payment.state = 'pending'
    then
        select o.open_amount into v_open
        from billing.open_items as o
        where o.tenant_id = v_payment.tenant_id and o.invoice_id = v_payment.invoice_id;
        if coalesce(v_open, 0) < v_payment.amount then
            -- Settled by other means since it was asked for.
            update core.payments as p
            set state = 'cancelled'
            where p.tenant_id = v_payment.tenant_id and p.id = v_payment.id;
            return null;
        end if;
    end if;
    return billing.describe_card_call(v_payment);
end;
$$;
revoke all on function jobs.prepare_card_payment(ops.outbox) from public;
comment on function jobs.prepare_card_payment(ops.outbox) is
    'What the call for a card payment needs; null when it is no longer wanted.';
