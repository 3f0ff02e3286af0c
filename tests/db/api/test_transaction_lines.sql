-- transaction_lines: what a priced transaction was paid for, and who sees it.
begin;
select plan(9);

-- The personas' sessions took 10 kWh at 0.50 with 19 % VAT.
select tests.act_as('greenway.operator');
select set_eq(
    $$select tenant_id, transaction_id, session_id, line_no, rating_version, currency, bucket,
        tariff_id, quantity, billed_quantity, measured, billed, unit, price, vat, cost_excl,
        cost_incl
      from api.transaction_lines where bucket = 'ENERGY'$$,
    $$values (
        101::bigint, 1001::bigint, 1001::bigint, 1::bigint, 1, 'EUR', 'ENERGY', 'STANDARD',
        10000::numeric, 10000::numeric, 10::numeric, 10::numeric, 'kWh', 0.50, 19::numeric,
        5::numeric, 5.95
    )$$,
    'staff see the lines of their tenant, of what is priced'
);
select is(
    (select sum(l.cost_incl) from api.transaction_lines as l where l.transaction_id = 1001),
    (select t.exact_incl_vat from api.transactions as t where t.id = 1001),
    'they sum to the exact total'
);
select is(
    (select max(l.ended_at) from api.transaction_lines as l where l.transaction_id = 1001),
    (select t.ended_at from api.transactions as t where t.id = 1001),
    'and have the end of their transaction'
);
select tests.act_as('bluecharge.operator');
select set_eq(
    'select distinct tenant_id, transaction_id from api.transaction_lines',
    $$values (102::bigint, 2001::bigint)$$,
    'as do those of another tenant'
);
select tests.act_as('greenway.customer');
select set_eq(
    'select distinct transaction_id from api.transaction_lines', array[1001::bigint],
    'a driver sees those of their own transactions'
);
select tests.act_as('greenway.driver2');
select is_empty('select from api.transaction_lines', 'and of no other''s');
select tests.act_as_anonymous();
select throws_ok('select from api.transaction_lines', '42501', null, 'nobody else sees any');

-- What is no longer to be paid has no lines; a newer rating brings its own.
select tests.act_as_owner();
select pricing.rate_sessions(array[101], array[1001], 'again');
select tests.act_as('greenway.operator');
select set_eq(
    'select distinct rating_version from api.transaction_lines', array[2],
    'the lines are those of the rating that counts'
);
select tests.act_as_owner();
update core.transactions set state = 'written_off' where tenant_id = 101 and id = 1001;
select tests.act_as('greenway.operator');
select is_empty('select from api.transaction_lines', 'what is written off has none');

select * from finish();
rollback;
