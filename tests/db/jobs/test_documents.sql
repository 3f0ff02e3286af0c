-- Documents of invoices: queued when an invoice is finalised, taken, stored or parked, kept.
begin;
select plan(41);

select tests.act_as_owner();
delete from ops.documents_to_make;
-- Invoice 5001 of greenway is finalised, 5002 a draft; 6001 is bluecharge's and finalised.
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language
)
overriding system value
values
    (101, 5001, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en'),
    (101, 5002, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en'),
    (102, 6001, 2001, 2001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values
    (101, 5001, 1, 1001, 'one_off', 'Card', false, 19, 10, 10),
    (101, 5001, 2, 1001, 'one_off', 'Book', false, 7, 20, 20),
    (101, 5002, 1, 1001, 'one_off', 'Card', false, 19, 10, 10),
    (102, 6001, 1, 2001, 'one_off', 'Card', false, 19, 10, 10);
select billing.compute_invoice(101, '{5001,5002}'), billing.compute_invoice(102, '{6001}');
select is_empty('select invoice_id from ops.documents_to_make', 'a draft has no documents');
select billing.finalise_invoices(101, '{5001}'), billing.finalise_invoices(102, '{6001}');
select bag_eq(
    'select tenant_id, invoice_id, attempts from ops.documents_to_make',
    'values (101::bigint, 5001::bigint, 0), (102, 6001, 0)',
    'an invoice that is finalised is queued, once'
);

-- What an account has too much settles an invoice as it is finalised: 40.00 came, and 11.90 were
-- open of the persona's invoice and 11.90 of 6001, so there is a credit of 16.20.
insert into core.payments (
    tenant_id, id, legal_entity_id, account_id, purpose, method, provider, idempotency_key, amount,
    currency, state
)
overriding system value
values (
    102, 6001, 2001, 2001, 'invoice', 'bank_transfer', 'bank', 'too-much', 40, 'EUR', 'submitted'
);
select billing.book_payment(102, 6001, current_date, 'suspense');
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language
)
overriding system value
values (102, 6002, 2001, 2001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values (102, 6002, 1, 2001, 'one_off', 'Card', true, 19, 30, 30);
select billing.compute_invoice(102, '{6002}');
select billing.finalise_invoices(102, '{6002}');
select is(
    (billing.describe_invoice(102, 6002) -> 'totals') - '{excl,vat}'::text[],
    '{"incl": "30.00", "prepaid": "16.20", "due": "13.80"}'::jsonb,
    'what is asked for is what a credit has not settled'
);
delete from ops.documents_to_make where invoice_id = 6002;

-- Taking ---------------------------------------------------------------------------------------

select tests.act_as_login('jobs');
select results_eq(
    $$select * from jobs.take_documents('one', 1)$$,
    'values (101::bigint, 5001::bigint, 1)',
    'the runner takes what has waited for longest'
);
select results_eq(
    $$select * from jobs.take_documents('two', 10)$$,
    'values (102::bigint, 6001::bigint, 1)',
    'what is taken nobody else takes'
);
select is_empty($$select from jobs.take_documents('two', 10)$$, 'then there is nothing left');
select is(
    jobs.describe_invoice(101, 5001) #>> '{totals,incl}', '33.30',
    'the runner reads what is in an invoice'
);
select throws_ok(
    'select jobs.describe_invoice(101, 6001)', 'PT404', null,
    'one that is not there it cannot read'
);

select tests.act_as_owner();
update ops.documents_to_make set next_attempt_at = now() where invoice_id = 5001;
select tests.act_as_login('jobs');
select results_eq(
    $$select * from jobs.take_documents('three', 10)$$,
    'values (101::bigint, 5001::bigint, 2)',
    'one whose runner is not heard of is due again'
);

-- Failing --------------------------------------------------------------------------------------

select is(
    jobs.fail_documents(101, 5001, 1, 'late news', true), null,
    'an attempt that is no longer the newest says nothing'
);
select is(
    jobs.fail_documents(101, 5001, 2, 'the disk is full', false), 'waiting',
    'what may pass is tried again'
);
select tests.act_as_owner();
select results_eq(
    $$select problem, parked_at is null, next_attempt_at > now() + interval '1 minute'
      from ops.documents_to_make where invoice_id = 5001$$,
    $$values ('the disk is full', true, true)$$,
    'some minutes later'
);
update ops.documents_to_make set attempts = 5, next_attempt_at = now() where invoice_id = 5001;
select tests.act_as_login('jobs');
select is_empty($$select from jobs.take_documents('four', 10)$$, 'not for ever');
select tests.act_as_owner();
select results_eq(
    'select problem, parked_at is not null from ops.documents_to_make where invoice_id = 5001',
    $$values ('the disk is full', true)$$,
    'but parked with what went wrong'
);
select results_eq(
    $$select tenant_id, object_type, object_id, data from core.events where type = 'job.failed'$$,
    $$values (
        101::bigint, 'invoice', 5001::bigint,
        '{"job": "documents", "detail": "the disk is full"}'::jsonb
    )$$,
    'which is told'
);

select tests.act_as('greenway.support');
select throws_ok(
    'select api.retry_documents(5001)', 'PT403',
    'your role lacks the permission billing.write', 'support does not have it tried again'
);
select tests.act_as('bluecharge.admin');
select throws_ok(
    'select api.retry_documents(5001)', 'PT404', null, 'nor another tenant''s admin'
);
select tests.act_as('greenway.admin');
select throws_ok('select api.retry_documents(null)', 'PT404', null, 'no invoice is none');
select results_eq(
    'select invoice_id, attempts, parked_at from api.retry_documents(5001)',
    'values (5001::bigint, 0, null::timestamptz)',
    'whoever may bill does'
);
select tests.act_as_login('jobs');
select results_eq(
    $$select * from jobs.take_documents('five', 10)$$,
    'values (101::bigint, 5001::bigint, 1)',
    'and it is'
);
select is(
    jobs.fail_documents(101, 5001, 1, 'it is not valid', true), 'parked',
    'what is not valid is parked at once'
);
select is_empty($$select from jobs.take_documents('six', 10)$$, 'and not taken any more');
select tests.act_as_owner();
-- Another one that was given up a moment ago.
update ops.documents_to_make set parked_at = now(), problem = 'old' where invoice_id = 6001;
select billing.park_documents(102, 6001, 'again');
select is(
    (select count(*) from core.events where type = 'job.failed' and tenant_id = 102), 0::bigint,
    'what is parked is not told of again'
);
update ops.documents_to_make set parked_at = null where invoice_id = 6001;

-- Storing --------------------------------------------------------------------------------------

select tests.act_as('greenway.admin');
select lives_ok('select api.retry_documents(5001)', 'it is mended');
select tests.act_as_login('jobs');
prepare store as select jobs.store_documents(
    101, 5001, 'a pdf', '<Invoice/>',
    '{"excl": "30.00", "vat": "3.30", "incl": "33.30", "taxes": [
       {"category": "S", "vat_rate": "19", "excl": "10.00", "vat": "1.90"},
       {"category": "S", "vat_rate": "7", "excl": "20.00", "vat": "1.40"}]}'
);
select is(
    jobs.store_documents(
        101, 5001, 'a pdf', '<Invoice/>',
        '{"excl": "30.00", "vat": "3.31", "incl": "33.31", "taxes": []}'
    ),
    'parked', 'a document that is a cent away from the invoice is parked'
);
select tests.act_as_owner();
select matches(
    (select problem from ops.documents_to_make where invoice_id = 5001),
    '^the document comes to .*33\.31.*, the invoice to .*33\.3000',
    'with both sums'
);
select is(
    billing.compare_figures(
        101, 5001,
        '{"excl": "30.00", "vat": "3.30", "incl": "33.30", "taxes": [
           {"category": "S", "vat_rate": "19", "excl": "30.00", "vat": "3.30"}]}'
    ),
    'the VAT of the document is not that of the invoice',
    'a document with the right sum and the wrong rate is not the invoice'
);
select is(
    billing.compare_figures(101, 5002, '{}'), 'there is no such finalised invoice',
    'a draft has no document'
);
-- One that was written past the ledger.
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language,
    state, number, number_year, number_in_year, issued_on, due_on, finalised_at, seller, buyer,
    payment_reference, total_excl_vat, total_vat, total_incl_vat
)
overriding system value
values (
    101, 5003, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en', 'finalised', 'X/1',
    1999, 1, '1999-01-01', '1999-01-01', now(), '{}', '{}', 'X1', 5, 0, 5
);
select is(
    billing.compare_figures(
        101, 5003, '{"excl": "5", "vat": "0", "incl": "5", "taxes": []}'
    ),
    'the document comes to 5.0000 with 0.0000 VAT, the ledger to 0 with 0',
    'what the ledger does not know is no document'
);
select tests.act_as_login('jobs');
select results_eq('store', array['stored'], 'one that says what the books say is kept');
select results_eq('store', array['stored'], 'of two runners that come with it');

select tests.act_as_owner();
select bag_eq(
    $$select d.kind, d.account_id, d.content_type, convert_from(d.content, 'UTF8'), d.sha256
      from core.documents as d where d.tenant_id = 101 and d.invoice_id = 5001$$,
    $$values
      (
          'invoice_pdf', 1001::bigint, 'application/pdf', 'a pdf',
          encode(sha256('a pdf'), 'hex')
      ),
      (
          'invoice_ubl', 1001, 'application/xml; charset=utf-8', '<Invoice/>',
          encode(sha256('<Invoice/>'), 'hex')
      )$$,
    'one has stored both'
);
select bag_eq(
    $$select d.file_name from core.documents as d where d.tenant_id = 101 and d.invoice_id = 5001$$,
    $$select i.number || e.ending from core.invoices as i, (values ('.pdf'), ('.xml')) as e (ending)
      where i.tenant_id = 101 and i.id = 5001$$,
    'under the number of the invoice'
);
select bag_eq(
    'select invoice_id from ops.documents_to_make', 'values (5003::bigint), (6001)',
    'and nothing is left to do for it'
);

-- What is kept stays ---------------------------------------------------------------------------

select throws_ok(
    $$update core.documents set content = 'b', sha256 = encode(sha256('b'), 'hex')
      where tenant_id = 101 and invoice_id = 5001$$,
    'PT403', 'documents is append-only: no update', 'no document is changed, by nobody'
);
select throws_ok(
    'delete from core.documents where tenant_id = 101 and invoice_id = 5001',
    'PT403', 'documents is append-only: no delete', 'or deleted'
);
select throws_ok(
    'truncate core.documents cascade', 'PT403', null, 'one by one or all at once'
);
prepare another as
insert into core.documents (
    tenant_id, kind, invoice_id, account_id, file_name, content_type, content, sha256
)
values (
    101, $1, 5001, 1001, $2, 'application/pdf', 'c', encode(sha256($3::bytea), 'hex')
);
select throws_ok(
    $$execute another('invoice_pdf', 'c.pdf', 'c')$$, '23505', null, 'an invoice has one PDF'
);
select throws_ok(
    $$execute another('invoice_pdf', 'c.pdf', 'd')$$, '23514', null,
    'bytes come with the right hash'
);
select throws_ok(
    $$execute another('invoice_pdf', E'c"\r\nX: y', 'c')$$, '23514', null,
    'no name ends a header'
);
select throws_ok(
    $$execute another('bank_statement', 'c.pdf', 'c')$$, '23514', null,
    'a statement belongs to no invoice'
);

select * from finish();
rollback;
