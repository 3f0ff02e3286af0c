-- Accounts that are known by an IBAN: by a mandate on it, or because it paid for them before.
--
-- Before means the newest hundred lines from there: one IBAN may have paid any number of times.
-- Called by: billing.find_bank_matches.
create or replace function billing.find_accounts_of_iban(p_tenant_id bigint, p_iban text)
returns table (account_id bigint)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
-- A file that is being booked has lines that no statistics know: without this, and with joins, each
-- line would read all of them.
set enable_seqscan = off
as $$
    select m.account_id
    from core.mandates as m
    where m.tenant_id = p_tenant_id and m.iban = p_iban
    union
    select p.account_id
    from core.payments as p
    where
        p.tenant_id = p_tenant_id
        and p.id = any(
            array(
                select m.payment_id
                from core.bank_matches as m
                where
                    m.tenant_id = p_tenant_id
                    and m.undone_at is null
                    and m.bank_transaction_id = any(
                        array(
                            select t.id
                            from core.bank_transactions as t
                            where
                                t.tenant_id = p_tenant_id
                                and t.counterparty_iban = p_iban
                                and t.matched_amount > 0
                            order by t.id desc
                            limit 100
                        )
                    )
            )
        );
$$;
revoke all on function billing.find_accounts_of_iban(bigint, text) from public;
comment on function billing.find_accounts_of_iban(bigint, text) is
    'Accounts that are known by an IBAN: by a mandate, or because it paid for them before.';
