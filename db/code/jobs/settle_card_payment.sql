-- Book what came of the call for a card payment.
--
-- Called by: jobs.finish_outbox, after every call.
-- Writes:    core.payments, and what billing.apply_card_payment writes.
create or replace function jobs.settle_card_payment(p_row ops.outbox, p_result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment_id constant bigint := (p_row.payload ->> 'payment_id')::bigint;
begin
    if p_row.state = 'delivered' and p_result is not null then
        perform billing.apply_card_payment(p_row.tenant_id, v_payment_id, p_result);
    elsif p_row.state = 'dead' then
        perform billing.fail_payment(p_row.tenant_id, v_payment_id, p_row.last_error);
    elsif p_row.state in ('unknown', 'waiting') then
        perform billing.lock_payment(p_row.tenant_id, v_payment_id);
        update core.payments as p
        set state = case p_row.state when 'unknown' then 'unknown' else 'pending' end
        where
            p.tenant_id = p_row.tenant_id
            and p.id = v_payment_id
            -- What an event has told meanwhile counts.
            and p.state in ('pending', 'unknown');
    end if;
end;
$$;
revoke all on function jobs.settle_card_payment(ops.outbox, jsonb) from public;
comment on function jobs.settle_card_payment(ops.outbox, jsonb) is
    'Book what came of the call for a card payment.';
