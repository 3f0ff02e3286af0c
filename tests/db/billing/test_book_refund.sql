begin;
select plan(19);

-- Account 1001 of greenway owes invoice 1001 of 11.90; wallet of account 1002.
select tests.act_as_owner();
create function pg_temp.open_amount()
returns numeric
language sql
as $$
    select trim_scale(o.open_amount) from billing.open_items as o
    where o.tenant_id = 101 and o.invoice_id = 1001
$$;
create function pg_temp.difference(p_account_id bigint)
returns numeric
language sql
as $$
    select
        coalesce(
            (
                select sum(e.amount) from core.ledger_entries as e
                where
                    e.tenant_id = 101
                    and e.account_id = p_account_id
                    and e.ledger_account = 'receivables'
            ),
            0
        )
        - coalesce(sum(o.open_amount), 0) + billing.account_credit(101, p_account_id)
    from billing.open_items as o
    where o.tenant_id = 101 and o.account_id = p_account_id
$$;
insert into core.payments (
    tenant_id, id, legal_entity_id, account_id, purpose, method, provider, idempotency_key, amount,
    currency, state, invoice_id
)
overriding system value
values
    (101, 7001, 1001, 1001, 'invoice', 'bank_transfer', 'bank', 't1', 20, 'EUR', 'pending', 1001),
    (101, 7002, 1001, 1002, 'top_up', 'bank_transfer', 'bank', 't2', 30, 'EUR', 'pending', null),
    (102, 7003, 2001, 2001, 'invoice', 'bank_transfer', 'bank', 't3', 5, 'EUR', 'pending', 2001);
select billing.book_payment(101, 7001, '2026-03-01', 'suspense');
select billing.book_payment(101, 7002, '2026-03-01', 'suspense');
select billing.book_payment(102, 7003, '2026-03-01', 'suspense');

create temp table refunds (name text, id bigint);
grant all on refunds to public;

select tests.act_as('greenway.admin');
insert into refunds
select 'credit', r.id from api.refund_payment(7001, 'paid too much', 5) as r;
select results_eq(
    $$
        select p.direction, p.purpose, p.method, p.state, p.amount::numeric(9, 2), p.reason
        from api.payments as p
        inner join refunds as r on r.id = p.id
    $$,
    $$values ('out', 'refund', 'bank_transfer', 'pending', 5.00, 'paid too much')$$,
    'what came through the bank is given back by hand, and waits for the statement'
);
select tests.act_as_owner();
select is(pg_temp.difference(1001), 0::numeric, 'nothing is in the books yet');
select is(
    (
        select trim_scale(c.available) from billing.credits as c
        where c.tenant_id = 101 and c.payment_id = 7001
    ),
    3.10,
    'what a refund will take settles nothing meanwhile'
);
select billing.book_refund(
    101, (select r.id from refunds as r where r.name = 'credit'), '2026-03-05', 'suspense'
);
select is(trim_scale(billing.account_credit(101, 1001)), 3.10, 'it is taken from the credit');
select is(pg_temp.difference(1001), 0::numeric, 'the books say the same');
select is(pg_temp.open_amount(), 0::numeric, 'the invoice stays settled');

select tests.act_as('greenway.admin');
insert into refunds
select 'more', r.id from api.refund_payment(7001, 'he asked for it', 7) as r;
select throws_ok(
    $$select api.refund_payment(7001, 'once more', 8.01)$$, 'PT409', null,
    'no more than is left of it'
);
select throws_ok(
    $$select api.refund_payment(7001, 'once more', 'NaN')$$, 'PT409', null, 'not a number is none'
);
select throws_ok(
    $$select api.refund_payment(7001, 'once more', -1)$$, 'PT400', null, 'nor is less than zero'
);
select throws_ok(
    $$select api.refund_payment(7001, ' ', 1)$$, 'PT400', null, 'a refund needs a reason'
);
select throws_ok(
    $$select api.refund_payment(7003, 'not ours', 1)$$, 'PT404', null,
    'a payment of another tenant is not there'
);
select tests.act_as_owner();
select billing.book_refund(
    101, (select r.id from refunds as r where r.name = 'more'), '2026-03-06', 'suspense'
);
select billing.book_refund(
    101, (select r.id from refunds as r where r.name = 'more'), '2026-03-06', 'suspense'
);
select is(pg_temp.open_amount(), 3.90, 'beyond the credit the invoice is open again');
select is(pg_temp.difference(1001), 0::numeric, 'the books say the same after that');
select billing.return_payment(
    101, (select r.id from refunds as r where r.name = 'more'), '2026-03-07', 'came back', 0,
    'suspense'
);
select is(pg_temp.open_amount(), 0::numeric, 'a refund that came back settles it again');
select is(pg_temp.difference(1001), 0::numeric, 'the books say the same after it came back');
select billing.return_payment(101, 7001, '2026-03-08', 'AC04', 0, 'suspense');
select is(
    pg_temp.open_amount() - billing.account_credit(101, 1001), 16.90,
    'returned after a refund, the refunded is owed as well'
);
select is(pg_temp.difference(1001), 0::numeric, 'the books say the same after the return');

select tests.act_as('greenway.admin');
select throws_ok(
    $$select api.refund_payment(7002, 'moved abroad', 30.01)$$, 'PT409', null,
    'no more than the wallet has'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$select api.refund_payment(7002, 'moved abroad', 1)$$, 'PT403', null,
    'it needs the permission payments.write'
);

set constraints all immediate;
select * from finish();
rollback;
