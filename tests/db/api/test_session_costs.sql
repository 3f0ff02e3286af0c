-- What running sessions cost so far: who reads what.
begin;
select plan(13);
select tests.act_as_owner();
update core.session_costs
set currency = 'EUR', total_excl_vat = 2.00, total_incl_vat = 2.38, energy_wh = 4000,
    result = '{"lines": [], "taxes": [], "warnings": []}', problem = null
where session_id in (1001, 2001);

select tests.act_as('greenway.viewer');
select set_eq(
    $$ select k.session_id from api.session_costs as k $$, array[1001::bigint, 1002],
    'staff see their tenant''s'
);
select results_eq(
    $$ select k.energy_wh, k.currency, k.total_excl_vat, k.total_incl_vat, k.lines, k.problem
       from api.session_costs as k order by k.session_id $$,
    $$ values
        (4000::numeric, 'EUR', 2.00::numeric, 2.38::numeric, '[]'::jsonb, null),
        (10000, null, null, null, null, 'tariff_missing') $$,
    'with amounts and their lines, or why there are none'
);
select throws_ok($$ delete from api.session_costs $$, '42501', null, 'nobody writes them');
select tests.act_as('greenway.customer');
select set_eq(
    $$ select k.session_id from api.session_costs as k $$, array[1001::bigint],
    'a driver sees those of their own sessions'
);
select tests.act_as('bluecharge.platform_admin');
select set_eq(
    $$ select k.session_id from api.session_costs as k $$, array[1001::bigint, 1002, 2001, 2002],
    'the platform sees all'
);
select tests.act_as_anonymous();
select throws_ok($$ select from api.session_costs $$, '42501', null, 'nobody else sees any');
select throws_ok($$ select api.session_cost(1001) $$, '42501', null, 'nor asks for one');

select tests.act_as('greenway.customer');
select is(
    (api.session_cost(1001) - 'as_of' - 'budgets' - 'explanation' - 'lines' - 'taxes'),
    '{"session_id": 1001, "state": "ended", "is_final": true, "transaction_id": 1001,
      "transaction_state": "priced", "hold_reasons": null, "energy_wh": 10000, "currency": "EUR",
      "total_excl_vat": 5.00, "total_incl_vat": 5.95, "warnings": [], "problem": null,
      "budget_id": null}',
    'what is over costs what its transaction says'
);
select is(
    (api.session_cost(1001) #> '{budgets,0}') - 'used_amount' - 'used_energy_wh',
    '{"id": 1001, "per": "month", "max_energy_wh": null, "max_amount": 1000000.0000,
      "currency": "EUR"}',
    'with the budgets that it counts for'
);
select throws_ok(
    $$ select api.session_cost(1002) $$, 'PT404', 'there is no such session',
    'another driver''s is not there'
);
select tests.act_as('greenway.viewer');
select is(
    api.session_cost(1002) - 'as_of' - 'budgets',
    '{"session_id": 1002, "state": "ended", "is_final": false, "transaction_id": 1002,
      "transaction_state": "held", "hold_reasons": ["readings_missing"], "energy_wh": 10000,
      "currency": null, "total_excl_vat": null, "total_incl_vat": null, "lines": null,
      "taxes": null, "warnings": null, "explanation": null, "problem": "tariff_missing",
      "budget_id": null}',
    'a held one has its live cost, here none: no price is no price of zero'
);
select throws_ok($$ select api.session_cost(2001) $$, 'PT404', null, 'nor is another tenant''s');
select throws_ok($$ select api.session_cost(null) $$, 'PT404', null, 'nor is nothing');
select * from finish();
rollback;
