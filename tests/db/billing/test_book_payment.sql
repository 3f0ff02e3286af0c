begin;
select plan(24);

-- Postpaid account 1001 of greenway (invoice 1001 of 11.90 is open) and prepaid 1002.
select tests.act_as_owner();
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language
)
overriding system value
values
    (101, 5001, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en'),
    (101, 5002, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en'),
    (101, 5003, 1001, 1002, 'invoice', 'one_off', 'EUR', 'wallet', 'en');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
select
    101, i.id, 1, i.account_id, 'one_off', 'Card', true, 19, 0, i.gross
from (
    values (5001::bigint, 1001::bigint, 100), (5002, 1001, 50), (5003, 1002, 30)
) as i (id, account_id, gross);
select billing.compute_invoice(101, '{5001,5002,5003}');
select billing.finalise_invoices(101, '{5001,5002,5003}');

create function pg_temp.open_amount(p_invoice_id bigint)
returns numeric
language sql
as $$
    select trim_scale(o.open_amount) from billing.open_items as o
    where o.tenant_id = 101 and o.invoice_id = p_invoice_id
$$;
create function pg_temp.balance(p_role text, p_account_id bigint default null)
returns numeric
language sql
as $$
    select trim_scale(coalesce(sum(e.amount), 0)) from core.ledger_entries as e
    where
        e.tenant_id = 101 and e.ledger_account = p_role
        and (p_account_id is null or e.account_id = p_account_id)
$$;
-- What an account owes by the books is what is open less its credit.
create function pg_temp.difference(p_account_id bigint)
returns numeric
language sql
as $$
    select
        pg_temp.balance('receivables', p_account_id)
        - coalesce(sum(o.open_amount), 0) + billing.account_credit(101, p_account_id)
    from billing.open_items as o
    where o.tenant_id = 101 and o.account_id = p_account_id
$$;
create function pg_temp.pay(p_id bigint, p_amount numeric, p_more jsonb default '{}')
returns void
language sql
as $$
    insert into core.payments (
        tenant_id, id, legal_entity_id, account_id, purpose, method, provider, idempotency_key,
        amount, currency, state, invoice_id
    )
    overriding system value
    values (
        101, p_id, 1001, coalesce((p_more ->> 'account')::bigint, 1001),
        coalesce(p_more ->> 'purpose', 'invoice'), coalesce(p_more ->> 'method', 'bank_transfer'),
        'bank', 'test-' || p_id, p_amount, 'EUR', 'pending', (p_more ->> 'invoice')::bigint
    )
$$;

select pg_temp.pay(7001, 120, '{"invoice": 5002}');
select billing.book_payment(101, 7001, '2026-03-01', 'suspense');
select is(pg_temp.open_amount(5002), 0::numeric, 'a payment settles its own invoice first');
select is(
    pg_temp.open_amount(1001) + pg_temp.open_amount(5001), 11.90 + 100 - 70,
    'then the oldest due of the account'
);
select is(pg_temp.difference(1001), 0::numeric, 'the books say the same');
select billing.book_payment(101, 7001, '2026-03-02', 'suspense');
select is(pg_temp.balance('suspense'), 120::numeric, 'booked again nothing happens');
select is(
    (select p.booked_on from core.payments as p where p.tenant_id = 101 and p.id = 7001),
    '2026-03-01'::date,
    'it keeps its date'
);
select results_eq(
    $$
        select e.type, e.data ->> 'amount', e.data ->> 'account_id' from core.events as e
        where e.tenant_id = 101 and e.object_type = 'payment' and e.object_id = 7001
    $$,
    $$values ('payment.succeeded', '120', '1001')$$,
    'it is told of once'
);

-- A payment that is on its way keeps its invoice.
select pg_temp.pay(7002, 5, '{"invoice": 5001}');
select pg_temp.pay(7003, 100);
select billing.book_payment(101, 7003, '2026-03-02', 'suspense');
select is(
    trim_scale(billing.account_credit(101, 1001)) + pg_temp.open_amount(1001),
    100 - (41.90 - pg_temp.open_amount(5001)) + 2 * pg_temp.open_amount(1001),
    'what no invoice needs stays credit'
);
select cmp_ok(pg_temp.open_amount(5001), '>', 0::numeric, 'what another pays is left to that');
select billing.fail_payment(101, 7002, 'refused');
select is(
    (select p.state || ' ' || p.failure from core.payments as p where p.id = 7002),
    'failed refused',
    'a payment can fail'
);
select billing.allocate_credit(101, 1001);
select is(pg_temp.open_amount(5001), 0::numeric, 'then credit settles it');
select is(trim_scale(billing.account_credit(101, 1001)), 58.10, 'and less is left');
select is(pg_temp.difference(1001), 0::numeric, 'the books say the same after that');
select is(billing.allocate_credit(101, 1001), 0::numeric, 'allocating again does nothing');

select billing.return_payment(101, 7001, '2026-03-10', 'AC04 account closed', 3, 'suspense');
select is(pg_temp.open_amount(5002), 50::numeric, 'a payment returned opens its invoices again');
select is(
    pg_temp.balance('suspense') || '/' || pg_temp.balance('payment_fees'), '97/3',
    'the bank took it back, and its fee'
);
select is(pg_temp.difference(1001), 0::numeric, 'the books say the same after a return');
select billing.return_payment(101, 7001, '2026-03-11', 'again', 3, 'suspense');
select billing.book_payment(101, 7001, '2026-03-11', 'suspense');
select is(pg_temp.balance('suspense'), 97::numeric, 'a returned payment stays returned');

-- The wallet.
select pg_temp.pay(7010, 20, '{"account": 1002, "purpose": "top_up", "method": "card"}');
select billing.book_payment(101, 7010, '2026-03-01', 'card_clearing');
select is(pg_temp.open_amount(5003), 10::numeric, 'a top-up pays what the wallet could not');
select pg_temp.pay(7011, 25, '{"account": 1002, "purpose": "top_up", "method": "card"}');
select billing.book_payment(101, 7011, '2026-03-01', 'card_clearing');
select is(
    trim_scale(billing.get_wallet_balance(101, 1002)), 15::numeric, 'the rest stays in the wallet'
);
select is(
    pg_temp.balance('receivables', 1002) || '/' || pg_temp.balance('card_clearing'), '0/45',
    'the provider holds what came by card'
);
select is(pg_temp.difference(1002), 0::numeric, 'the books of the wallet say the same');

set constraints all immediate;
select pass('every journal sums to zero');

select throws_ok(
    $$select billing.book_payment(102, 7010, '2026-03-01', 'suspense')$$, 'PT404', null,
    'a payment of another tenant is not found'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$select billing.book_payment(101, 7002, '2026-03-01', 'suspense')$$, '42501', null,
    'people cannot book'
);

select * from finish();
rollback;
