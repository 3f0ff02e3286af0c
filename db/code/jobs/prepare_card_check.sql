-- What the question how a card payment stands needs: see billing.describe_card_call.
--
-- Null when the provider has never given it a name: then the call itself is asked for.
-- Called by: jobs.prepare_outbox.
create or replace function jobs.prepare_card_check(p_row ops.outbox)
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
    if coalesce(v_payment.provider_payment_id, v_payment.checkout_id) is null then
        return null;
    end if;
    return billing.describe_card_call(v_payment)
        || jsonb_build_object('direction', v_payment.direction);
end;
$$;
revoke all on function jobs.prepare_card_check(ops.outbox) from public;
comment on function jobs.prepare_card_check(ops.outbox) is
    'What the question how a card payment stands needs.';
