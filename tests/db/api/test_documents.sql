-- documents, document, invoice_document: who reads which files.
begin;
select plan(23);

select tests.act_as('greenway.support');
select bag_eq(
    'select id, kind, invoice_id, account_id, sha256 from api.documents',
    $$values
      (
          1001::bigint, 'invoice_pdf', 1001::bigint, 1001::bigint,
          encode(sha256('invoice 1001'), 'hex')
      ),
      (1009, 'bank_statement', null, null, encode(sha256('a'), 'hex'))$$,
    'staff who may read the billing see the documents of their tenant'
);
select is(
    convert_from(api.document(1009), 'UTF8'), 'a', 'and read each'
);
select is(
    convert_from(api.invoice_document(1001), 'UTF8'), 'invoice 1001', 'an invoice by its own id too'
);
select is(
    current_setting('response.headers')::jsonb,
    '[{"Content-Type": "application/pdf"},
      {"Content-Disposition": "inline; filename=\"invoice.pdf\""},
      {"Cache-Control": "private, no-store"},
      {"X-Content-Type-Options": "nosniff"}]',
    'a browser is told what it is'
);
select throws_ok(
    'select api.document(2001)', 'PT404', 'there is no such document',
    'another tenant''s document is not there'
);
select throws_ok(
    'select api.invoice_document(2001)', 'PT404', null, 'and neither is its invoice'
);
select has_index('core', 'documents', 'documents_id_idx', 'id', 'a number alone finds it');
select has_index(
    'core', 'documents', 'documents_invoice_idx', 'invoice_id', 'and that of its invoice'
);
select throws_ok('select api.document(null)', 'PT404', null, 'no document is none');
select throws_ok(
    $$select api.invoice_document(1001, 'docx')$$, 'PT400',
    'an invoice has no document of this kind', 'there are two kinds'
);
select throws_ok(
    'select api.invoice_document(1001, null)', 'PT400', null, 'and one has to be named'
);
select throws_ok(
    $$select api.invoice_document(1001, 'ubl')$$, 'PT409',
    'the documents of this invoice are not made yet',
    'what waits to be made is not there yet'
);
select results_eq(
    'select invoice_id, problem, parked_at is not null from api.documents_to_make',
    $$values (1001::bigint, 'it lacks an address', true)$$,
    'staff see why'
);

select tests.act_as('greenway.viewer');
select is_empty('select from api.documents', 'staff who may not read the billing see none');
select throws_ok('select api.document(1009)', 'PT404', null, 'and read none');
select throws_ok('select api.invoice_document(1001)', 'PT404', null, 'of invoices neither');

select tests.act_as('greenway.customer');
select results_eq(
    'select id from api.documents', array[1001::bigint],
    'customers see the documents of their invoices'
);
select is(
    convert_from(api.invoice_document(1001), 'UTF8'), 'invoice 1001', 'and read them'
);
select throws_ok(
    'select api.document(1009)', 'PT404', null, 'the statements of the bank are not theirs'
);
select throws_ok(
    'select count(*) from api.documents_to_make', '42501', null, 'nor is what waits'
);
select tests.act_as('greenway.driver2');
select is_empty('select from api.documents', 'another''s invoice is not theirs');
select throws_ok('select api.invoice_document(1001)', 'PT404', null, 'in any way');

select tests.act_as('greenway.platform_admin');
select bag_eq(
    'select id from api.documents', array[1001, 1009, 2001, 2009]::bigint[],
    'the platform sees all'
);

select * from finish();
rollback;
