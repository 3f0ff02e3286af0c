-- Invoices of prepaid accounts are paid from their wallets, as far as these reach.
--
-- What a wallet holds is the sum of its entries. Several invoices of one account come one after the
-- other, the lower id first.
-- Called by: billing.finalise_invoices, which has locked the accounts.
-- Writes:    core.payments, core.journals, core.ledger_entries, core.allocations.
create or replace function billing.use_wallets(p_tenant_id bigint, p_invoice_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    with due as (
        select
            i.*,
            o.open_amount,
            sum(o.open_amount) over (partition by i.account_id, i.currency order by i.id)
            - o.open_amount as due_before
        from core.invoices as i
        inner join billing.open_items as o
            on o.tenant_id = i.tenant_id and o.invoice_id = i.id
        where
            i.tenant_id = p_tenant_id
            and i.id = any(p_invoice_ids)
            and i.payment_method = 'wallet'
            and o.open_amount > 0
    ),
    wallets as (
        select e.account_id, e.currency, - sum(e.amount) as balance
        from core.ledger_entries as e
        where
            e.tenant_id = p_tenant_id
            and e.account_id in (select d.account_id from due as d)
            and e.ledger_account = 'wallets'
        group by e.account_id, e.currency
    ),
    uses as materialized (
        select d.*, least(d.open_amount, w.balance - d.due_before) as amount
        from due as d
        inner join wallets as w on w.account_id = d.account_id and w.currency = d.currency
        where w.balance > d.due_before
    ),
    paid as (
        insert into core.payments (
            tenant_id, legal_entity_id, account_id, purpose, method, provider, idempotency_key,
            amount, currency, state, invoice_id, booked_on, created_by
        )
        select
            u.tenant_id, u.legal_entity_id, u.account_id, 'invoice', 'wallet', 'wallet',
            format('wallet-use-%s', u.id), u.amount, u.currency, 'succeeded', u.id, u.issued_on,
            claims.user_id()
        from uses as u
        order by u.id
        returning id, invoice_id
    ),
    posted as (
        insert into core.journals (
            tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description,
            created_by
        )
        select
            u.tenant_id, u.legal_entity_id, 'wallet_use', u.id::text, u.issued_on, u.currency,
            'wallet pays invoice ' || u.number, claims.user_id()
        from uses as u
        order by u.id
        returning id, source_key
    ),
    entered as (
        insert into core.ledger_entries (
            tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, amount,
            currency, posted_on
        )
        select
            u.tenant_id, j.id, v.line, u.legal_entity_id, v.ledger_account, u.account_id,
            v.amount, u.currency, u.issued_on
        from uses as u
        inner join posted as j on j.source_key = u.id::text
        cross join lateral (
            values (1, 'wallets', u.amount), (2, 'receivables', - u.amount)
        ) as v (line, ledger_account, amount)
    )
    insert into core.allocations (
        tenant_id, invoice_id, account_id, kind, payment_id, amount, journal_id, created_by
    )
    select
        u.tenant_id, u.id, u.account_id, 'payment', p.id, u.amount, j.id, claims.user_id()
    from uses as u
    inner join paid as p on p.invoice_id = u.id
    inner join posted as j on j.source_key = u.id::text;
end;
$$;
revoke all on function billing.use_wallets(bigint, bigint[]) from public;
comment on function billing.use_wallets(bigint, bigint[]) is
    'Invoices of prepaid accounts are paid from their wallets, as far as these reach.';
