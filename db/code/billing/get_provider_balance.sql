-- What the card provider of a legal entity said it held for us at the end of a day.
--
-- In the currency of the legal entity; null when nobody knows.
-- Called by: billing.prove_books.
create or replace function billing.get_provider_balance(
    p_tenant_id bigint, p_legal_entity_id bigint, p_on date
)
returns numeric
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select sum(b.amount)
    from core.payment_providers as v
    inner join core.legal_entities as e
        on e.tenant_id = v.tenant_id and e.id = v.legal_entity_id
    inner join core.provider_balances as b
        on
            b.tenant_id = v.tenant_id
            and b.payment_provider_id = v.id
            and b.currency = e.currency
            and b.proven_on = p_on
    where v.tenant_id = p_tenant_id and v.legal_entity_id = p_legal_entity_id
$$;
revoke all on function billing.get_provider_balance(bigint, bigint, date) from public;
comment on function billing.get_provider_balance(bigint, bigint, date) is
    'What the card provider of a legal entity held at the end of a day; null when nobody knows.';
