-- The books over the API: balances, statements, adjustments, each tenant's and customer's own.
begin;
select plan(36);
select tests.act_as_owner();
insert into core.accounts (tenant_id, id, customer_id, kind)
overriding system value
values (101, 1091, 1001, 'postpaid'), (101, 1092, 1002, 'prepaid');
insert into core.journals (
    tenant_id, id, legal_entity_id, kind, source_key, posted_on, currency, description
)
overriding system value
values
    (101, 900001, 1001, 'invoice', 'i1', '2020-01-31', 'EUR', 'Invoice 1'),
    (101, 900002, 1001, 'payment', 'p1', '2020-02-10', 'EUR', 'Payment 1'),
    (101, 900003, 1001, 'top_up', 't1', '2020-02-11', 'EUR', 'Top-up 1'),
    (102, 900004, 2001, 'invoice', 'i1', '2020-01-31', 'EUR', 'Invoice of another');
insert into core.ledger_entries (
    tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, vat_rate, amount,
    currency, posted_on
)
values
    (101, 900001, 1, 1001, 'receivables', 1091, null, 119, 'EUR', '2020-01-31'),
    (101, 900001, 2, 1001, 'vat', null, 19, -19, 'EUR', '2020-01-31'),
    (101, 900001, 3, 1001, 'unbilled', null, null, -100, 'EUR', '2020-01-31'),
    (101, 900002, 1, 1001, 'suspense', null, null, 100, 'EUR', '2020-02-10'),
    (101, 900002, 2, 1001, 'receivables', 1091, null, -60, 'EUR', '2020-02-10'),
    (101, 900002, 3, 1001, 'receivables', 1091, null, -40, 'EUR', '2020-02-10'),
    (101, 900003, 1, 1001, 'card_clearing', null, null, 50, 'EUR', '2020-02-11'),
    (101, 900003, 2, 1001, 'wallets', 1092, null, -50, 'EUR', '2020-02-11'),
    (102, 900004, 1, 2001, 'receivables', 2001, null, 7, 'EUR', '2020-01-31'),
    (102, 900004, 2, 2001, 'unbilled', null, null, -7, 'EUR', '2020-01-31');
set constraints all immediate;

-- Those who only look, and those who may not.
select tests.act_as('greenway.support');
select results_eq(
    $$select t.ledger_account, t.debit, t.credit, t.balance
    from api.trial_balance('2020-01-31') as t where t.debit <> 0 or t.credit <> 0$$,
    $$values
        ('receivables', 119.0000, 0::numeric, 119.0000), ('unbilled', 0, 100.0000, -100.0000),
        ('vat', 0, 19.0000, -19.0000)$$,
    'the trial balance as of a day has what was posted until then'
);
select is(
    (select sum(t.balance) from api.trial_balance() as t), 0::numeric,
    'and as of now it sums to zero'
);
select is(
    (select count(*) from api.trial_balance(null, 1001) as t), 12::bigint,
    'with every account of the chart'
);
select is_empty('select t.* from api.trial_balance(null, 2001) as t', 'another''s is empty');
select results_eq(
    $$select a.account_id, a.receivables, a.wallet from api.account_balances as a
    where a.account_id in (1091, 1092) order by 1$$,
    'values (1091::bigint, 19.0000, 0::numeric), (1092, 0, 50.0000)',
    'balances say what is owed and what was prepaid'
);
select results_eq(
    $$select j.kind, j.amount from api.journals as j where j.id between 900001 and 900004
    order by j.id$$,
    $$values ('invoice', 119.0000), ('payment', 100.0000), ('top_up', 50.0000)$$,
    'journals say how much they move'
);
select results_eq(
    $$select e.ledger_account_number, e.debit, e.credit from api.ledger_entries as e
    where e.journal_id = 900001 order by e.line$$,
    $$values ('1400', 119.0000, 0::numeric), ('1770', 0, 19.0000), ('1410', 0, 100.0000)$$,
    'and entries on which side'
);
select results_eq(
    $$select s.posted_on, s.kind, s.ledger_account, s.amount, s.balance
    from api.account_statement(1091) as s$$,
    $$values
        (null::date, 'opening', 'receivables', null::numeric, 0::numeric),
        ('2020-01-31', 'invoice', 'receivables', 119.0000, 119.0000),
        ('2020-02-10', 'payment', 'receivables', -100.0000, 19.0000),
        (null, 'closing', 'receivables', null, 19.0000)$$,
    'a statement opens, moves line by line, and closes'
);
select results_eq(
    $$select s.posted_on, s.kind, s.amount, s.balance
    from api.account_statement(1091, '2020-02-01', '2020-02-28') as s$$,
    $$values
        ('2020-02-01'::date, 'opening', null::numeric, 119.0000),
        ('2020-02-10', 'payment', -100.0000, 19.0000),
        ('2020-02-28', 'closing', null, 19.0000)$$,
    'of a month it opens with what was owed before'
);
select results_eq(
    $$select s.kind, s.balance from api.account_statement(1091, null, '2020-01-31') as s$$,
    $$values ('opening', 0::numeric), ('invoice', 119.0000), ('closing', 119.0000)$$,
    'as of a day in the past it closes with what was owed then'
);
select results_eq(
    $$select s.kind, s.ledger_account, s.balance from api.account_statement(1092) as s$$,
    $$values
        ('opening', 'receivables', 0::numeric), ('closing', 'receivables', 0),
        ('opening', 'wallets', 0), ('top_up', 'wallets', -50.0000),
        ('closing', 'wallets', -50.0000)$$,
    'a wallet has a part of its own'
);
select throws_ok(
    $$select api.account_statement(1091, '2020-02-01', '2020-01-01')$$, 'PT400', null,
    'a period does not end before it begins'
);
select throws_ok('select api.account_statement(2001)', 'PT404', null, 'another''s is not found');
select throws_ok(
    $$select api.post_adjustment(1001, '[]', 'no right')$$, 'PT403', null,
    'those who may only read post nothing'
);
select throws_ok(
    $$update api.ledger_accounts set name = 'Mine' where role = 'bank'$$, 'PT403', null,
    'and name no account'
);

select tests.act_as('greenway.viewer');
select throws_ok('select api.trial_balance()', 'PT403', null, 'billing.read is asked for');
select is_empty('select j.* from api.journals as j', 'no journal');
select throws_ok('select api.account_statement(1091)', 'PT404', null, 'and no statement');

select tests.act_as('greenway.customer');
select results_eq(
    'select s.kind, s.balance from api.account_statement(1091) as s',
    $$values
        ('opening', 0::numeric), ('invoice', 119.0000), ('payment', 19.0000),
        ('closing', 19.0000)$$,
    'a customer has the statement of an own account'
);
select throws_ok('select api.account_statement(1092)', 'PT404', null, 'not of somebody else''s');
select results_eq(
    'select a.account_id, a.receivables from api.account_balances as a where a.account_id > 1090',
    'values (1091::bigint, 19.0000)', 'and the balance'
);
select throws_ok('select j.* from api.journals as j', '42501', null, 'the books are not theirs');
select throws_ok('select t.* from api.trial_balance() as t', '42501', null, 'nor the balance');

-- By hand.
select tests.act_as('greenway.admin');
select results_eq(
    $$select j.kind, j.source_key, j.amount, j.description, j.posted_on, j.created_by
    from api.post_adjustment(
        1001,
        '[{"ledger_account": "payment_fees", "amount": 4.9},
          {"ledger_account": "bank", "amount": -4.9}]',
        'Bank fees of February', 'fees-02', '2020-02-28'
    ) as j$$,
    $$values (
        'adjustment', 'by hand/fees-02', 4.9000, 'Bank fees of February', date '2020-02-28',
        tests.user_id_of('greenway.admin')
    )$$,
    'an adjustment is a journal with a name and a reason'
);
select is(
    (
        select j.amount
        from api.post_adjustment(
            1001,
            '[{"ledger_account": "payment_fees", "amount": 9},
              {"ledger_account": "bank", "amount": -9}]',
            'Bank fees of February', 'fees-02'
        ) as j
    ),
    4.9000, 'the same reference is posted once'
);
select is(
    (
        select j.amount
        from api.post_adjustment(
            1001,
            '[{"ledger_account": "write_offs", "amount": 10},
              {"ledger_account": "wallets", "account_id": 1092, "amount": -10}]',
            'A gift'
        ) as j
    ),
    10.0000, 'a wallet may be given something'
);
select throws_ok(
    format(
        'select api.post_adjustment(1001, %L, %L)',
        '[{"ledger_account": "bank", "amount": 1}, {"ledger_account": "suspense", "amount": 1}]',
        'A test'
    ),
    'PT400', 'the amounts have to sum to zero', 'debits are credits'
);
select throws_ok(
    format(
        'select api.post_adjustment(1001, %L, %L)',
        '[{"ledger_account": "bank", "amount": 1},
          {"ledger_account": "receivables", "account_id": 1001, "amount": -1}]',
        'A test'
    ),
    'PT400', 'receivables follows from invoices and payments', 'what is owed is not made by hand'
);
select throws_ok(
    format(
        'select api.post_adjustment(1001, %L, %L)',
        '[{"ledger_account": "bank", "amount": 0.001},
          {"ledger_account": "suspense", "amount": -0.001}]',
        'A test'
    ),
    'PT400', null, 'cents are the smallest'
);
select throws_ok(
    format(
        'select api.post_adjustment(1001, %L, %L)',
        '[{"ledger_account": "bank", "amount": 1},
          {"ledger_account": "wallets", "account_id": 2002, "amount": -1}]',
        'A test'
    ),
    'PT400', null, 'nor is there a wallet of another tenant'
);
select throws_ok(
    $$select api.post_adjustment(1001, '{"a": 1}', 'A test')$$, 'PT400', null, 'entries are a list'
);
select throws_ok(
    $$select api.post_adjustment(2001, '[]', 'A test')$$, 'PT404', null,
    'another tenant''s books are not there'
);
select throws_ok(
    $$select api.post_adjustment(1001, '[]', ' ')$$, 'PT400', null, 'a reason is required'
);
update api.ledger_accounts set number = '1201' where legal_entity_id = 1001 and role = 'bank';
select tests.act_as_owner();
select billing.post_journal(
    101, 1001, 'write_off', 'words', '2020-03-01', 'EUR', 'write-off: a difficult person',
    '[
        {"ledger_account": "write_offs", "amount": 1},
        {"ledger_account": "receivables", "account_id": 1091, "amount": -1}
    ]'
);
select tests.act_as('greenway.accountant');
select results_eq(
    $$select s.description from api.account_statement(1091, '2020-03-01') as s
      where s.kind = 'write_off'$$,
    $$values ('write-off: a difficult person')$$, 'staff read why something was written off'
);
select tests.act_as('greenway.customer');
select results_eq(
    $$select s.amount, s.description from api.account_statement(1091, '2020-03-01') as s
      where s.kind = 'write_off'$$,
    $$values (-1::numeric, null::text)$$, 'a customer that it was, and nobody''s words about it'
);
select tests.act_as('bluecharge.admin');
select is(
    (
        select array_agg(a.number order by a.number)
        from api.ledger_accounts as a where a.role = 'bank'
    ),
    array['1200'], 'a number is one''s own, and changes nobody else''s'
);
select * from finish();
rollback;
