-- Accounts that are known by an IBAN: by a mandate on it, or because it paid for them before.
--
-- Called by: billing.find_bank_matches.
create or replace function billing.find_accounts_of_iban(p_tenant_id bigint, p_iban text)
returns table (account_id bigint)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select m.account_id
    from core.mandates as m
    where m.tenant_id = p_tenant_id and m.iban = p_iban
    union
    select p.account_id
    from core.bank_transactions as t
    inner join core.bank_matches as m
        on m.tenant_id = t.tenant_id and m.bank_transaction_id = t.id
    inner join core.payments as p on p.tenant_id = m.tenant_id and p.id = m.payment_id
    where
        t.tenant_id = p_tenant_id
        and t.counterparty_iban = p_iban
        and t.amount > 0
        and m.undone_at is null;
$$;
revoke all on function billing.find_accounts_of_iban(bigint, text) from public;
comment on function billing.find_accounts_of_iban(bigint, text) is
    'Accounts that are known by an IBAN: by a mandate, or because it paid for them before.';
