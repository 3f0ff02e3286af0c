-- Statements, matches, mandates, batches and proofs over the API: who may, what is refused, whose
-- they are.
begin;
select plan(62);

-- What one sees.
select tests.act_as('greenway.accountant');
select set_eq(
    'select tenant_id, id from api.bank_files',
    $$values (101::bigint, 1001::bigint), (101, 1002)$$,
    'staff see the files of their tenant only'
);
select set_eq('select id from api.bank_statements', array[1001::bigint], 'and its statements');
select set_eq('select id from api.bank_transactions', array[1001::bigint], 'and their lines');
select set_eq('select id from api.bank_matches', array[1001::bigint], 'and matches');
select set_eq('select id from api.debit_batches', array[1001::bigint], 'and batches');
select set_eq(
    'select legal_entity_id from api.daily_proofs', array[1001::bigint], 'and proofs'
);
select set_eq(
    'select id, iban from api.mandates', $$values (1001::bigint, 'DE02120300000000202051')$$,
    'and mandates with the whole IBAN'
);
select tests.act_as('greenway.viewer');
select is_empty('select id from api.bank_transactions', 'without billing.read nobody sees lines');
select is_empty('select id from api.mandates', 'nor mandates');
select throws_ok('select api.prove_books()', 'PT403', null, 'nor proves anything');
select tests.act_as('greenway.customer');
select results_eq(
    'select id, iban, account_holder from api.my_mandates',
    $$values (1001::bigint, 'DE02**************2051', 'Gwen Driver')$$,
    'customers see their own mandates, the IBAN masked'
);
select throws_ok('select iban from api.mandates', '42501', null, 'and no other way to it');
select throws_ok('select id from api.bank_files', '42501', null, 'and no statements');
select tests.act_as('bluecharge.customer');
select set_eq('select id from api.my_mandates', array[2001::bigint], 'each their own');

-- Importing.
select tests.act_as('greenway.operator');
select throws_ok(
    $$select api.import_bank_statement('x')$$, 'PT403', null, 'an operator does not import'
);
select tests.act_as('greenway.accountant');
select throws_ok(
    $$select api.import_bank_statement('')$$, 'PT400', 'the request has no body', 'nothing at all'
);
select throws_ok('select api.import_bank_statement(null)', 'PT400', null, 'less than nothing');
select results_eq(
    $$select tenant_id, source, state, size_bytes, imported_by
      from api.import_bank_statement('a file')$$,
    $$values (101::bigint, 'api', 'waiting', 6, tests.user_id_of('greenway.accountant'))$$,
    'a file is kept and waits'
);
select results_eq(
    $$select b.id = a.id
      from api.import_bank_statement('a file') as b,
          (select id from api.bank_files where state = 'waiting') as a$$,
    array[true],
    'the same file is the same one'
);
select results_eq(
    $$select state, reason from api.import_bank_statement(convert_to('statement 1002', 'UTF8'))$$,
    $$values ('parked', 'statement_unreadable')$$,
    'one that was parked says so when it comes again'
);
select tests.act_as('bluecharge.accountant');
select results_eq(
    $$select tenant_id, state from api.import_bank_statement('a file')$$,
    $$values (102::bigint, 'waiting')$$,
    'what another tenant imported is nothing of ours'
);
select tests.act_as_owner();
update ops.settings set value = '5' where name = 'bank.max_file_bytes';
select tests.act_as('greenway.accountant');
select throws_ok(
    $$select api.import_bank_statement('sixsix')$$, 'PT413', null, 'a file that is too large'
);
select tests.act_as_owner();
update ops.settings set value = '1' where name = 'bank.max_waiting_files';
select tests.act_as('greenway.accountant');
select throws_ok(
    $$select api.import_bank_statement('other')$$, 'PT429', null, 'too many that wait'
);

-- Trying again.
select results_eq(
    'select state, reason from api.retry_bank_file(1002)', $$values ('waiting', null::text)$$,
    'a parked file is tried again'
);
select throws_ok('select api.retry_bank_file(1002)', 'PT409', null, 'once');
select throws_ok('select api.retry_bank_file(1001)', 'PT409', null, 'not one that is booked');
select throws_ok(
    'select api.retry_bank_file(2002)', 'PT404', null, 'nor another tenant''s'
);

-- Matching.
select throws_ok(
    'select api.match_bank_transaction(2001, account => 1001)', 'PT404', null,
    'a line of another tenant'
);
select throws_ok(
    'select api.match_bank_transaction(1001, account => 1001)', 'PT409',
    'the line is matched already', 'a line of nothing has nothing open'
);
select tests.act_as_owner();
insert into core.bank_transactions (
    tenant_id, id, bank_statement_id, legal_entity_id, line, entry_key, booked_on, amount, currency
)
overriding system value
values
    (101, 1010, 1001, 1001, 2, 'in', '2026-06-01', 50, 'EUR'),
    (101, 1011, 1001, 1001, 3, 'out', '2026-06-01', -50, 'EUR');
select tests.act_as('greenway.accountant');
select throws_ok('select api.match_bank_transaction(1010)', 'PT400', null, 'with nothing');
select throws_ok(
    $$select api.match_bank_transaction(1010, account => 1001, ledger_account => 'payment_fees')$$,
    'PT400', null, 'with two things'
);
select throws_ok(
    $$select api.match_bank_transaction(1010, ledger_account => 'receivables')$$,
    'PT400', null, 'with a ledger account that is for accounts'
);
select throws_ok(
    $$select api.match_bank_transaction(1010, ledger_account => 'bank')$$,
    'PT400', null, 'with the bank itself'
);
select throws_ok(
    'select api.match_bank_transaction(1010, account => 1001, amount => 50.01)', 'PT400', null,
    'more than is open'
);
select throws_ok(
    'select api.match_bank_transaction(1010, account => 1001, amount => -1)', 'PT400', null,
    'less than nothing'
);
select throws_ok(
    $$select api.match_bank_transaction(1010, account => 1001, amount => 'NaN')$$, 'PT400', null,
    'no number'
);
select throws_ok(
    'select api.match_bank_transaction(1010, account => 1001, amount => 0.001)', 'PT400', null,
    'a part of a cent'
);
select throws_ok(
    'select api.match_bank_transaction(1011, account => 1001)', 'PT400', null,
    'what went out with an account'
);
select throws_ok(
    'select api.match_bank_transaction(1010, account => 2001)', 'PT404', null,
    'an account of another tenant'
);
select throws_ok(
    'select api.match_bank_transaction(1010, invoice => 2001)', 'PT404', null,
    'an invoice of another tenant'
);
select throws_ok(
    'select api.match_bank_transaction(1010, account => 1002, invoice => 1001)', 'PT404', null,
    'an invoice of another account'
);
select throws_ok(
    $$select api.unmatch_bank_transaction(1010, 'because')$$, 'PT409', null, 'what is not matched'
);
select throws_ok(
    $$select api.unmatch_bank_transaction(1010, ' ')$$, 'PT400', null, 'without a reason'
);
select throws_ok(
    $$select api.unmatch_bank_transaction(2001, 'because')$$, 'PT404', null, 'another tenant''s'
);
select results_eq(
    $$select state, open_amount
      from api.match_bank_transaction(1011, ledger_account => 'payment_fees', amount => -20)$$,
    $$values ('partly', -30::numeric)$$,
    'a part of what went out is a fee'
);
select tests.act_as('greenway.operator');
select throws_ok(
    'select api.match_bank_transaction(1010, account => 1001)', 'PT403', null,
    'an operator does not match'
);
select throws_ok(
    $$select api.unmatch_bank_transaction(1011, 'because')$$, 'PT403', null, 'nor undo'
);
select throws_ok('select api.create_debit_batch()', 'PT403', null, 'nor collect');

-- Batches and single collections.
select tests.act_as('greenway.accountant');
select is_empty('select id from api.create_debit_batch()', 'nothing to be collected is no batch');
select throws_ok(
    'select api.create_debit_batch(2001)', 'PT404', null, 'for another tenant''s legal entity'
);
select throws_ok('select api.submit_debit_batch(2001)', 'PT404', null, 'another tenant''s batch');
select throws_ok('select api.cancel_debit_batch(1001)', 'PT409', null, 'one that is cancelled');
select throws_ok(
    'select api.collect_invoice(1001)', 'PT409', null, 'an invoice that is paid by transfer'
);
select throws_ok('select api.collect_invoice(2001)', 'PT404', null, 'another tenant''s invoice');

-- What does not arrive.
select throws_ok(
    $$select api.fail_payment(2001, 'AC04')$$, 'PT404', null, 'another tenant''s payment'
);
select throws_ok(
    $$select api.fail_payment(1001, 'AC04')$$, 'PT409', null, 'a payment by card is its provider''s'
);
select throws_ok(
    $$select api.fail_payment(1001, null)$$, 'PT400', null, 'nothing fails without a reason'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$select api.fail_payment(1001, 'AC04')$$, 'PT403', null, 'an operator does not say so'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$select api.fail_payment(1001, 'AC04')$$, '42501', null, 'nor does a customer'
);
select tests.act_as('greenway.accountant');

-- Mandates stay what was signed.
select throws_ok(
    $$update api.mandates set iban = 'DE75512108001245126199' where id = 1001$$,
    'PT409', 'a mandate that was signed stays as it is', 'another IBAN is another mandate'
);
update api.mandates set state = 'revoked' where id = 1001;
select throws_ok(
    $$update api.mandates set state = 'active' where id = 1001$$,
    'PT409', 'the mandate is revoked for good', 'revoked is revoked'
);
select isnt(
    (select revoked_at from api.mandates where id = 1001), null, 'and since when is known'
);

select * from finish();
rollback;
