-- Pay open invoices of prepaid accounts from their wallets, as far as these reach.
--
-- The oldest due first, whole or in part; a wallet never goes below zero. Invoices for which a
-- payment is on its way are left to that. Each is a payment by the method and provider wallet that
-- has succeeded. Repeatable. Credit of an account is used before: that is up to the caller.
-- Takes:     the accounts, and of which invoices; null: all that are open.
-- Called by: billing.finalise_invoices, billing.book_payment (a top-up); both have locked the
--            accounts.
-- Writes:    core.payments, core.journals, core.ledger_entries, core.allocations.
create or replace function billing.use_wallets(
    p_tenant_id bigint, p_account_ids bigint[], p_invoice_ids bigint[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
begin
    with due as (
        select
            o.*,
            d.today,
            sum(o.open_amount) over (
                partition by o.account_id order by o.due_on, o.invoice_id
            ) - o.open_amount as due_before
        from billing.open_items as o
        inner join core.accounts as a
            on a.tenant_id = o.tenant_id and a.id = o.account_id and a.kind = 'prepaid'
        cross join lateral (
            select billing.get_local_date(o.tenant_id, o.legal_entity_id) as today
        ) as d
        where
            o.tenant_id = p_tenant_id
            and o.account_id = any(p_account_ids)
            and (p_invoice_ids is null or o.invoice_id = any(p_invoice_ids))
            and o.open_amount > 0
            and not exists (
                select
                from core.payments as p
                where
                    p.tenant_id = o.tenant_id
                    and p.invoice_id = o.invoice_id
                    and p.direction = 'in'
                    and p.state in ('pending', 'submitted', 'unknown')
            )
    ),
    wallets as (
        select k.account_id, billing.get_wallet_balance(p_tenant_id, k.account_id) as balance
        from (select distinct d.account_id from due as d) as k
    ),
    uses as materialized (
        select d.*, least(d.open_amount, w.balance - d.due_before) as amount
        from due as d
        inner join wallets as w on w.account_id = d.account_id
        where w.balance > d.due_before
    ),
    paid as (
        insert into core.payments (
            tenant_id, legal_entity_id, account_id, purpose, method, provider, idempotency_key,
            amount, currency, state, invoice_id, booked_on, created_by
        )
        select
            u.tenant_id, u.legal_entity_id, u.account_id, 'invoice', 'wallet', 'wallet',
            'wallet/' || gen_random_uuid(), u.amount, u.currency, 'succeeded', u.invoice_id,
            u.today, claims.user_id()
        from uses as u
        order by u.account_id, u.due_on, u.invoice_id
        returning id, invoice_id
    ),
    posted as (
        insert into core.journals (
            tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description,
            created_by
        )
        select
            u.tenant_id, u.legal_entity_id, 'wallet_use', p.id::text, u.today, u.currency,
            format('Invoice %s from the wallet', u.number), claims.user_id()
        from uses as u
        inner join paid as p on p.invoice_id = u.invoice_id
        order by p.id
        returning id, source_key
    ),
    booked as materialized (
        select u.*, p.id as payment_id, j.id as journal_id
        from uses as u
        inner join paid as p on p.invoice_id = u.invoice_id
        inner join posted as j on j.source_key = p.id::text
    ),
    entered as (
        insert into core.ledger_entries (
            tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, amount,
            currency, posted_on
        )
        select
            b.tenant_id, b.journal_id, v.line, b.legal_entity_id, v.ledger_account, b.account_id,
            v.amount, b.currency, b.today
        from booked as b
        cross join lateral (
            values (1, 'wallets', b.amount), (2, 'receivables', - b.amount)
        ) as v (line, ledger_account, amount)
    )
    insert into core.allocations (
        tenant_id, invoice_id, account_id, kind, payment_id, amount, journal_id, created_by
    )
    select
        b.tenant_id, b.invoice_id, b.account_id, 'payment', b.payment_id, b.amount, b.journal_id,
        claims.user_id()
    from booked as b;
end;
$$;
revoke all on function billing.use_wallets(bigint, bigint[], bigint[]) from public;
comment on function billing.use_wallets(bigint, bigint[], bigint[]) is
    'Pay open invoices of prepaid accounts from their wallets, as far as these reach.';

-- What the ledger has in the wallet of an account, in its currency.
create or replace function billing.get_wallet_balance(p_tenant_id bigint, p_account_id bigint)
returns numeric
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(-sum(e.amount), 0)
    from core.ledger_entries as e
    where
        e.tenant_id = p_tenant_id
        and e.account_id = p_account_id
        and e.ledger_account = 'wallets'
$$;
revoke all on function billing.get_wallet_balance(bigint, bigint) from public;
comment on function billing.get_wallet_balance(bigint, bigint) is
    'What the ledger has in the wallet of an account, in its currency.';
