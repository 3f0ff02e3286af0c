-- Book what the provider answered to the question how a card payment stands.
--
-- Called by: jobs.finish_outbox, after every call.
-- Writes:    what billing.apply_card_payment and apply_card_refund write.
create or replace function jobs.settle_card_check(p_row ops.outbox, p_result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment_id constant bigint := (p_row.payload ->> 'payment_id')::bigint;
begin
    if p_row.state = 'delivered' and p_result ->> 'object' = 'refund' then
        perform billing.apply_card_refund(p_row.tenant_id, v_payment_id, p_result);
    elsif p_row.state = 'delivered' and p_result is not null then
        perform billing.apply_card_payment(p_row.tenant_id, v_payment_id, p_result);
    end if;
end;
$$;
revoke all on function jobs.settle_card_check(ops.outbox, jsonb) from public;
comment on function jobs.settle_card_check(ops.outbox, jsonb) is
    'Book what the provider answered to the question how a card payment stands.';
