-- Drafts of invoices: who makes, changes and removes them, and what lines may say.
begin;
select plan(35);

select tests.act_as_owner();
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, period_from, period_to, currency,
    payment_method, language, finalise_at
)
overriding system value
values
    (
        101, 5001, 1001, 1001, 'invoice', 'period', '2025-01-01', '2025-02-01', 'EUR',
        'bank_transfer', 'en', now() + interval '2 days'
    ),
    (
        102, 5002, 2001, 2001, 'invoice', 'period', '2025-01-01', '2025-02-01', 'EUR',
        'bank_transfer', 'en', now() + interval '2 days'
    );
update core.customers as c
set vat_id = 'NL123456789B01', kind = 'company'
where c.tenant_id = 101 and c.id = 1002;
update core.customers as c
set vat_id_state = 'valid', vat_id_checked_at = now()
where c.tenant_id = 101 and c.id = 1002;
insert into core.accounts (tenant_id, id, customer_id, state, tax_treatment, state_reason)
overriding system value
values
    (101, 5001, 1001, 'closed', 'standard', 'moved away'),
    (101, 5002, 1002, 'active', 'reverse_charge', null);

-- Who ------------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(
    $$ select from api.create_invoice(1001, '[{"description": "Card", "unit_price": 1}]') $$,
    'PT403', null, 'an operator makes no invoices'
);
select throws_ok(
    $$ select from api.update_draft(5001, note => 'x') $$, 'PT403', null, 'changes none'
);
select throws_ok($$ select from api.delete_draft(5001) $$, 'PT403', null, 'and removes none');
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select from api.create_invoice(1001, '[{"description": "Card", "unit_price": 1}]') $$,
    '42501', null, 'a customer does not either'
);
select set_eq(
    'select i.id from api.invoices as i', array[1001::bigint], 'and sees no drafts of theirs'
);
select tests.act_as('greenway.viewer');
select is_empty('select from api.invoices', 'staff without billing.read see no invoices');
select tests.act_as('greenway.accountant');
select throws_ok(
    $$ select from api.update_draft(5002, note => 'x') $$, 'PT404', null,
    'another tenant''s is not found'
);
select throws_ok($$ select from api.delete_draft(5002) $$, 'PT404', null, 'to be removed either');
select throws_ok(
    $$ select from api.create_invoice(2001, '[{"description": "Card", "unit_price": 1}]') $$,
    'PT404', 'there is no such account', 'nor is another tenant''s account'
);
select throws_ok(
    $$ select from api.create_invoice(5001, '[{"description": "Card", "unit_price": 1}]') $$,
    'PT409', 'account A5001 is closed', 'a closed account is billed nothing'
);

-- Lines ----------------------------------------------------------------------------------------

create function pg_temp.path_of(p_lines jsonb)
returns text
language plpgsql volatile as $$
declare
    v_detail text;
begin
    perform from api.create_invoice(1001, p_lines);
    return 'none';
exception
    when sqlstate 'PT400' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail::jsonb ->> 'path';
end;
$$;
select is(pg_temp.path_of(null), 'lines', 'an invoice has lines');
select is(pg_temp.path_of('{}'), 'lines', 'as a list');
select is(pg_temp.path_of('[]'), 'lines', 'that is not empty');
select is(pg_temp.path_of('[1]'), 'lines/0', 'of objects');
select is(
    pg_temp.path_of('[{"description": " ", "unit_price": 1}]'), 'lines/0/description',
    'each says what it is for'
);
select is(
    pg_temp.path_of('[{"description": "x"}]'), 'lines/0/unit_price', 'and costs something'
);
select is(
    pg_temp.path_of('[{"description": "x", "unit_price": -1}]'), 'lines/0/unit_price',
    'not less than nothing'
);
select is(
    pg_temp.path_of('[{"description": "x", "unit_price": "NaN"}]'), 'lines/0/unit_price',
    'and a number'
);
select is(
    pg_temp.path_of('[{"description": "x", "unit_price": 1, "quantity": 0}]'),
    'lines/0/quantity', 'of something'
);
select is(
    pg_temp.path_of('[{"description": "x", "unit_price": 9999999, "quantity": 2}]'),
    'lines/0/quantity', 'that can be paid'
);
select is(
    pg_temp.path_of(
        '[{"description": "x", "unit_price": 1}, {"description": "x", "unit_price": 1,
          "vat_rate": 101}]'
    ),
    'lines/1/vat_rate', 'a rate is a percentage'
);
select is(
    pg_temp.path_of('[{"description": "x", "unit_price": 1, "includes_vat": "yes"}]'),
    'lines/0/includes_vat', 'what includes VAT says true or false'
);
select is(
    pg_temp.path_of('[{"description": "x", "unit_price": 1, "unit": "hour"}]'), 'lines/0/unit',
    'and a unit is a code'
);
select results_eq(
    $$ select c.tenant_id, c.state, c.occasion, c.tax_treatment, c.total_excl_vat, c.total_vat
       from api.create_invoice(
           5002, '[{"description": "Card", "unit_price": 12.5, "vat_rate": 19, "includes_vat": true}]'
       ) as c $$,
    $$ values (101::bigint, 'draft', 'one_off', 'reverse_charge', 12.50, 0.00) $$,
    'with reverse charge the price is the net'
);

-- Changing and removing ------------------------------------------------------------------------

select throws_ok(
    $$ select from api.update_draft(5001, '[{"description": "Card", "unit_price": 1}]') $$,
    'PT409', 'the lines of this draft are what was charged', 'the lines of a run stay'
);
select results_eq(
    $$ select u.note, u.finalise_at
       from api.update_draft(5001, note => 'Hi', is_held => true) as u $$,
    $$ values ('Hi', null::timestamptz) $$, 'it can be held back'
);
select results_eq(
    $$ select u.note, u.finalise_at from api.update_draft(5001, is_held => false) as u $$,
    $$ values ('Hi', now()) $$, 'and let go'
);
select throws_ok(
    $$ select from api.update_draft(1001, note => 'x') $$, 'PT409', null,
    'what is finalised is no draft'
);
select throws_ok($$ select from api.delete_draft(1001) $$, 'PT409', null, 'and is not removed');
select lives_ok($$ select from api.delete_draft(5001) $$, 'a draft is');
select is_empty($$ select from api.invoices where id = 5001 $$, 'and then it is gone');
select throws_ok(
    $$ update api.invoices set note = 'x' $$, '42501', null, 'nobody writes to the view'
);

-- Another tax treatment -------------------------------------------------------------------------

select tests.act_as_owner();
update core.legal_entities as e set vat_id = 'DE123456788' where e.tenant_id = 101;
update core.customers as c set vat_id_state = 'invalid' where c.tenant_id = 101 and c.id = 1002;
select tests.act_as('greenway.accountant');
create temporary table draft as select i.id from api.invoices as i where i.account_id = 5002;
select throws_ok(
    $$ select from draft as d cross join lateral api.finalise_invoice(d.id) $$, 'PT409',
    'the draft cannot be issued: tax treatment changed',
    'a draft with reverse charge is not issued when the VAT id is no longer valid'
);
select results_eq(
    $$ select u.tax_treatment, u.total_excl_vat, u.total_vat
       from draft as d
       cross join lateral api.update_draft(
           d.id, '[{"description": "Card", "unit_price": 10, "vat_rate": 19}]'
       ) as u $$,
    $$ values ('standard', 10.00, 1.90) $$, 'given its lines anew it has VAT'
);
select lives_ok(
    $$ select from draft as d cross join lateral api.finalise_invoice(d.id) $$, 'and is issued'
);

select * from finish();
rollback;
