-- Book what a card provider says of a refund: its reply, its answer when asked, or its event.
--
-- The same whoever comes first, and however often. A refund that fails after it had succeeded is
-- with us again.
-- Called by: jobs.settle_card_refund, jobs.settle_card_check, jobs.process_payment_events.
-- Writes:    core.payments, and what billing.book_refund and return_payment write; locks the
--            account, then the payment.
-- Returns:   what came of it, for people.
create or replace function billing.apply_card_refund(
    p_tenant_id bigint, p_refund_id bigint, p_object jsonb
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_refund core.payments := billing.lock_payment(p_tenant_id, p_refund_id);
    v_status constant text := coalesce(p_object ->> 'status', 'without a status');
    v_today constant date := billing.get_local_date(p_tenant_id, v_refund.legal_entity_id);
begin
    if v_refund.direction <> 'out' or p_object ->> 'object' is distinct from 'refund' then
        return 'it is no refund by card';
    end if;
    update core.payments as p
    set
        provider_payment_id = coalesce(p.provider_payment_id, p_object ->> 'id'),
        state = case
            when p.state in ('pending', 'unknown') and v_status in ('pending', 'requires_action')
                then 'submitted'
            else p.state
        end
    where p.tenant_id = p_tenant_id and p.id = p_refund_id
    returning p.* into v_refund;
    if v_refund.provider_payment_id is distinct from p_object ->> 'id' then
        return 'it is another refund of the provider';
    end if;
    if
        (p_object ->> 'amount')::numeric
        is distinct from billing.get_minor_units(v_refund.amount, v_refund.currency)
    then
        return format('the provider gave back %s (smallest units)', p_object ->> 'amount');
    end if;
    if v_status = 'succeeded' then
        perform billing.book_refund(p_tenant_id, p_refund_id, v_today, 'card_clearing');
    elsif v_status in ('failed', 'canceled') then
        perform billing.return_payment(
            p_tenant_id, p_refund_id, v_today,
            coalesce(p_object ->> 'failure_reason', 'the refund was refused'), 0, 'card_clearing'
        );
    end if;
    return v_status;
end;
$$;
revoke all on function billing.apply_card_refund(bigint, bigint, jsonb) from public;
comment on function billing.apply_card_refund(bigint, bigint, jsonb) is
    'Book what a card provider says of a refund; returns what came of it.';
