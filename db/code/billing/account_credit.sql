-- The credit of an account: what it paid or was credited and no invoice has used.
--
-- In the account's currency; below zero when money was refunded that the
-- bank took back as well. Money in a wallet is not in it.
-- Called by: account statements, api.wallets, refunds.
create or replace function billing.account_credit(p_tenant_id bigint, p_account_id bigint)
returns numeric
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(sum(c.remaining), 0)
    from billing.credits as c
    where c.tenant_id = p_tenant_id and c.account_id = p_account_id
$$;
revoke all on function billing.account_credit(bigint, bigint) from public;
comment on function billing.account_credit(bigint, bigint) is
    'What an account paid or was credited and no invoice has used.';
