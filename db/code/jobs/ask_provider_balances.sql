-- Ask card providers what they hold, once a day: when the day of the legal entity is over.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.outbox.
create or replace function jobs.ask_provider_balances()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    select count(
        notify.put_outbox(
            d.tenant_id, 'card_balance', d.key,
            jsonb_build_object('payment_provider_id', d.id, 'proven_on', d.proven_on)
        )
    )
    into v_count
    from (
        select
            v.tenant_id, v.id, l.proven_on,
            format('card-balance/%s/%s/%s', v.tenant_id, v.id, l.proven_on) as key
        from core.payment_providers as v
        cross join lateral (
            select billing.get_local_date(v.tenant_id, v.legal_entity_id) - 1 as proven_on
        ) as l
        where v.has_api_key
    ) as d
    where not exists (select from ops.outbox as o where o.idempotency_key = d.key);
    return case when v_count > 0 then format('%s card providers are asked', v_count) else '' end;
end;
$$;
revoke all on function jobs.ask_provider_balances() from public;
grant execute on function jobs.ask_provider_balances() to jobs;
comment on function jobs.ask_provider_balances() is
    'Ask card providers what they hold, once a day.';
