-- Pay open invoices of a prepaid account out of its wallet, the oldest due first.
--
-- Whole or in part, as far as the wallet reaches; never below zero. Credit of the account is used
-- before; invoices for which a payment is on its way are left to that. Each is a payment by the
-- method and provider wallet that has succeeded. Repeatable.
-- Called by: billing.book_payment (a top-up).
-- Writes:    core.payments, core.allocations, core.journals, core.ledger_entries, core.events;
--            the account is locked.
-- Returns:   what was paid.
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

create or replace function billing.use_wallet(p_tenant_id bigint, p_account_id bigint)
returns numeric
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_left numeric;
    v_paid numeric := 0;
    v_item record;
    v_payment core.payments;
    v_journal_id bigint;
begin
    perform billing.allocate_credit(p_tenant_id, p_account_id);
    v_left := billing.get_wallet_balance(p_tenant_id, p_account_id);
    -- One by one: each is a payment with a journal; a wallet has few invoices open.
    for v_item in
        select o.invoice_id, o.legal_entity_id, o.currency, o.open_amount, i.number, d.today
        from billing.open_items as o
        inner join core.invoices as i on i.tenant_id = o.tenant_id and i.id = o.invoice_id
        inner join core.accounts as a
            on a.tenant_id = o.tenant_id and a.id = o.account_id and a.kind = 'prepaid'
        cross join lateral (
            select billing.get_local_date(o.tenant_id, o.legal_entity_id) as today
        ) as d
        where
            o.tenant_id = p_tenant_id
            and o.account_id = p_account_id
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
        order by o.due_on, o.invoice_id
    loop
        exit when v_left <= 0;
        insert into core.payments (
            tenant_id, legal_entity_id, account_id, purpose, method, provider, idempotency_key,
            amount, currency, state, invoice_id, booked_on
        )
        values (
            p_tenant_id, v_item.legal_entity_id, p_account_id, 'invoice', 'wallet', 'wallet',
            'wallet/' || gen_random_uuid(), least(v_left, v_item.open_amount), v_item.currency,
            'succeeded', v_item.invoice_id, v_item.today
        )
        returning * into v_payment;
        v_journal_id := billing.post_journal(
            p_tenant_id, v_item.legal_entity_id, 'wallet_use', 'payment/' || v_payment.id,
            v_item.today, v_item.currency, format('Invoice %s from the wallet', v_item.number),
            jsonb_build_array(
                jsonb_build_object(
                    'ledger_account', 'wallets', 'account_id', p_account_id,
                    'amount', v_payment.amount
                ),
                jsonb_build_object(
                    'ledger_account', 'receivables', 'account_id', p_account_id,
                    'amount', -v_payment.amount
                )
            )
        );
        insert into core.allocations (
            tenant_id, invoice_id, account_id, kind, payment_id, amount, journal_id, created_by
        )
        values (
            p_tenant_id, v_item.invoice_id, p_account_id, 'payment', v_payment.id,
            v_payment.amount, v_journal_id, claims.user_id()
        );
        v_left := v_left - v_payment.amount;
        v_paid := v_paid + v_payment.amount;
    end loop;
    return v_paid;
end;
$$;
revoke all on function billing.use_wallet(bigint, bigint) from public;
comment on function billing.use_wallet(bigint, bigint) is
    'Pay open invoices of a prepaid account out of its wallet; returns how much.';

-- Which day it is for a legal entity.
--
-- Called by: what posts something now.
create or replace function billing.get_local_date(p_tenant_id bigint, p_legal_entity_id bigint)
returns date
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select (now() at time zone e.time_zone)::date
    from core.legal_entities as e
    where e.tenant_id = p_tenant_id and e.id = p_legal_entity_id
$$;
revoke all on function billing.get_local_date(bigint, bigint) from public;
comment on function billing.get_local_date(bigint, bigint) is
    'Which day it is for a legal entity.';
