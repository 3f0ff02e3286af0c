-- Keep what a card provider says that it holds: what is available and what is on its way.
--
-- Called by: jobs.finish_outbox, after every call.
-- Writes:    core.provider_balances, once a day and currency.
create or replace function jobs.settle_card_balance(p_row ops.outbox, p_result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_row.state <> 'delivered' then
        return;
    end if;
    insert into core.provider_balances (
        tenant_id, payment_provider_id, proven_on, currency, amount
    )
    select
        p_row.tenant_id, (p_row.payload ->> 'payment_provider_id')::bigint,
        (p_row.payload ->> 'proven_on')::date, upper(b.currency),
        sum(b.amount / billing.get_unit_scale(b.currency))
    from jsonb_path_query(p_result, '$.*[*]') as e (entry)
    cross join lateral jsonb_to_record(e.entry) as b (amount numeric, currency text)
    group by upper(b.currency)
    on conflict (tenant_id, payment_provider_id, proven_on, currency) do nothing;
end;
$$;
revoke all on function jobs.settle_card_balance(ops.outbox, jsonb) from public;
comment on function jobs.settle_card_balance(ops.outbox, jsonb) is
    'Keep what a card provider says that it holds.';
