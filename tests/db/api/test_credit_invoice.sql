-- Credit notes and write-offs: what they take back, where it is posted, and what they settle.
begin;
select plan(54);

create function pg_temp.entries_of(p_kind text, p_invoice_id bigint)
returns table (ledger_account text, vat_rate numeric, amount numeric)
language sql stable security definer as $$
    select e.ledger_account, e.vat_rate, e.amount
    from core.journals as j
    inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
    where j.tenant_id = 101 and j.kind = p_kind and j.source_key = p_invoice_id::text;
$$;
create function pg_temp.open_amount_of(p_invoice_id bigint)
returns numeric
language sql stable security definer as $$
    select o.open_amount from billing.open_items as o
    where o.tenant_id = 101 and o.invoice_id = p_invoice_id;
$$;
create function pg_temp.newest_credit_note()
returns bigint
language sql stable security definer as $$
    select max(i.id) from core.invoices as i where i.kind = 'credit_note';
$$;
select tests.act_as_owner();
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, period_from, period_to, currency,
    payment_method, language
)
overriding system value
select
    101, 5000 + n, 1001, 1001, 'invoice', 'period', make_date(2025, n, 1),
    make_date(2025, n, 1) + interval '1 month', 'EUR', 'bank_transfer', 'en'
from generate_series(1, 5) as n;
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, quantity, unit_price, includes_vat,
    vat_rate, amount_excl_vat, amount_incl_vat
)
values
    (101, 5001, 1, 1001, 'one_off', 'Card', 2, 5, false, 19, 10, 10),
    (101, 5001, 2, 1001, 'one_off', 'Cable', 1, 10.70, true, 7, 0, 10.70),
    (101, 5001, 3, 1001, 'fee', 'Paper', 1, 1.50, false, 0, 1.50, 1.50),
    (101, 5003, 1, 1001, 'one_off', 'Gift', 1, 0, false, 19, 0, 0),
    (101, 5004, 1, 1001, 'one_off', 'Card', 1, 100, true, 19, 0, 100),
    (101, 5004, 2, 1001, 'one_off', 'Book', 1, 50, true, 7, 0, 50);
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, transaction_id, rating_version, description,
    includes_vat, vat_rate, amount_excl_vat, amount_incl_vat, rated_excl_vat
)
select
    101, 5002, 1, 1001, 'transaction', t.id, t.rating_version, 'Session', false, 19, 10, 10, 10
from core.transactions as t
where t.tenant_id = 101 and t.id = 1001;
select billing.compute_invoice(101, '{5001,5002,5003,5004}');
select is(
    billing.finalise_invoices(101, '{5001,5002,5003,5004}'), '{5001,5002,5003,5004}'::bigint[],
    'there are invoices to credit'
);

-- Who ------------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake') $$, 'PT403',
    'your role lacks the permission billing.write', 'an operator credits nothing'
);
select throws_ok(
    $$ select from api.write_off_invoice(5001, 'a mistake') $$, 'PT403',
    'your role lacks the permission payments.write', 'and writes nothing off'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a gift') $$, '42501', null, 'nor does a customer'
);
select throws_ok(
    $$ select from api.write_off_invoice(5001, 'a gift') $$, '42501', null, 'neither'
);
select tests.act_as('bluecharge.admin');
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake') $$, 'PT404', 'there is no such invoice',
    'an admin of another tenant does not find it'
);
select throws_ok(
    $$ select from api.write_off_invoice(5001, 'a mistake') $$, 'PT404', null,
    'to write it off either'
);

-- What is refused ------------------------------------------------------------------------------

select tests.act_as('greenway.admin');
select throws_ok(
    $$ select from api.credit_invoice(5001, ' ') $$, 'PT400', null, 'a credit note has a reason'
);
select throws_ok(
    $$ select from api.credit_invoice(5005, 'a mistake') $$, 'PT409',
    'a draft asks for no money yet', 'a draft is not credited'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', '[{"line": 4}]') $$, 'PT409', null,
    'nor a line that is not there'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', '[{"line": 1}, {"line": 1}]') $$, 'PT400',
    'lines/1/line has to be the number of a line, each once', 'nor one twice'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', '[{"line": 1, "amount": -1}]') $$,
    'PT400', 'lines/0/amount has to be an amount of the currency above zero', 'nor below zero'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', '[{"line": 1, "amount": 0.005}]') $$,
    'PT400', null, 'nor half a cent'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', '[{"line": 1, "amount": 10.01}]') $$,
    'PT409', 'so much is not left of the invoice', 'nor more than there was'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', '[{"line": 1}]', 5) $$, 'PT400', null,
    'lines and an amount do not go together'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', amount => 'NaN') $$, 'PT400', null,
    'NaN is no amount'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', amount => 24.11) $$, 'PT409', null,
    'an amount is within the invoice'
);
select throws_ok(
    $$ select from api.credit_invoice(5003, 'a mistake') $$, 'PT409', null,
    'of an invoice of zero nothing can be taken back'
);

-- In parts -------------------------------------------------------------------------------------

select results_eq(
    $$ select c.kind, c.occasion, c.state, c.total_excl_vat, c.total_vat, c.total_incl_vat,
           c.credited_invoice_id, c.reason, c.number like 'CN-%-000001', c.open_amount
       from api.credit_invoice(5001, ' a card too many ', '[{"line": 1, "amount": "4.00"}]') as c $$,
    $$ values (
           'credit_note', 'correction', 'finalised', 4.00, 0.76, 4.76, 5001::bigint,
           'a card too many', true, null::numeric
       ) $$,
    'a part of a line is taken back with its VAT, by a credit note of its own series'
);
select bag_eq(
    'select * from pg_temp.entries_of(''credit_note'', pg_temp.newest_credit_note())',
    $$ values
       ('receivables', null::numeric, -4.76), ('revenue', null, 4.00), ('vat', 19, 0.76) $$,
    'revenue and VAT are lowered'
);
select is(pg_temp.open_amount_of(5001), 19.34, 'and less of the invoice is open');
select throws_ok(
    $$ select from api.credit_invoice(5001, 'a mistake', '[{"line": 1, "amount": 6.01}]') $$,
    'PT409', null, 'no more than the rest of the line is left'
);
select throws_ok(
    format(
        'select from api.credit_invoice(%s, ''a mistake'')', pg_temp.newest_credit_note()
    ),
    'PT409', null, 'a credit note is not credited'
);
select is(
    (select c.total_incl_vat from api.credit_invoice(5001, 'all of it') as c), 19.34,
    'without lines everything that is left is taken back, to the cent'
);
select bag_eq(
    'select * from pg_temp.entries_of(''credit_note'', pg_temp.newest_credit_note())',
    $$ values
       ('receivables', null::numeric, -19.34), ('revenue', null, 16.00),
       ('fee_income', null, 1.50), ('vat', 19, 1.14), ('vat', 7, 0.70) $$,
    'fees from income from fees'
);
select is(
    (select i.payment_state from api.invoices as i where i.id = 5001), 'paid',
    'the invoice is settled'
);
select throws_ok(
    $$ select from api.credit_invoice(5001, 'again') $$, 'PT409', null, 'and nothing is left of it'
);
select tests.act_as_owner();
select results_eq(
    $$ select e.object_id, e.data ->> 'number' from core.events as e
       where e.tenant_id = 101 and e.type = 'invoice.paid' $$,
    $$ select i.id, i.number from core.invoices as i where i.tenant_id = 101 and i.id = 5001 $$,
    'that it is settled is told, once'
);
select is(
    (select sum(e.amount) from core.ledger_entries as e
     where e.tenant_id = 101 and e.vat_rate is not null
     and e.journal_id in (
         select j.id from core.journals as j
         where j.source_key = '5001' or j.kind = 'credit_note'
     )),
    0::numeric, 'no VAT of it is left in the books'
);

-- An amount over several rates -----------------------------------------------------------------

select tests.act_as('greenway.admin');
select results_eq(
    $$ select c.total_incl_vat from api.credit_invoice(5004, 'goodwill', amount => 10) as c $$,
    $$ values (10.00) $$, 'a gross amount is spread over the lines'
);
select results_eq(
    $$ select l.credited_line, l.amount_incl_vat, l.quantity, l.unit_price
       from api.invoice_lines as l
       where l.invoice_id = pg_temp.newest_credit_note() order by l.line $$,
    $$ values (1, 6.67, 1::numeric, 6.67), (2, 3.33, 1, 3.33) $$, 'in proportion'
);

-- Sessions -------------------------------------------------------------------------------------

select is(
    (select c.total_incl_vat
     from api.credit_invoice(5002, 'the cable was stuck', '[{"line": 1, "amount": 4}]') as c),
    4.76, 'of a session that counts a part is taken back'
);
select bag_eq(
    'select * from pg_temp.entries_of(''credit_note'', pg_temp.newest_credit_note())',
    $$ values
       ('receivables', null::numeric, -4.76), ('revenue', null, 4.00), ('vat', 19, 0.76) $$,
    'which is goodwill: it lowers revenue'
);
select tests.act_as_owner();
update core.transactions as t
set state = 'written_off', written_off_version = t.rating_version, written_off_at = now()
where t.tenant_id = 101 and t.id = 1001;
insert into core.billing_runs (tenant_id, id, period_from, period_to)
overriding system value
values (101, 5001, '2025-01-01', '2025-02-01');
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language,
    credited_invoice_id, billing_run_id, reason
)
overriding system value
select
    101, n, 1001, 1001, 'credit_note', 'correction', 'EUR', 'bank_transfer', 'en', 5002,
    case when n = 6001 then 5001 end, 'written off'
from generate_series(6001, 6002) as n;
-- A run may not know what else is on its way.
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, is_credit, credited_line, transaction_id,
    rating_version, description, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat,
    rated_excl_vat
)
select
    101, n, 1, 1001, 'transaction', true, 1, 1001, l.rating_version, 'Session', false, 19, 6, 6, 3
from generate_series(6001, 6002) as n
inner join core.invoice_lines as l on l.tenant_id = 101 and l.invoice_id = 5002;
select billing.compute_invoice(101, '{6001,6002}');
select is(
    billing.finalise_invoices(101, '{6001,6002}'), '{6001}'::bigint[],
    'the rest of a session that was written off is credited once'
);
select is(
    (select i.problem from core.invoices as i where i.tenant_id = 101 and i.id = 6002),
    'credit_too_high', 'a second credit note for it says why it is not issued'
);
select bag_eq(
    'select * from pg_temp.entries_of(''credit_note'', 6001)',
    $$ values
       ('receivables', null::numeric, -7.14), ('vat', 19, 1.14), ('unbilled', null, 10),
       ('revenue', null, -4.00) $$,
    'all that it was rated at goes back to unbilled, and the goodwill before to revenue'
);
select is(
    pg_temp.open_amount_of(5002), 0.00, 'nothing is open of the invoice'
);
update core.transactions as t
set state = 'priced', written_off_version = null, written_off_at = null
where t.tenant_id = 101 and t.id = 1001;
delete from core.invoices as i where i.tenant_id = 101 and i.id = 6002;
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language,
    credited_invoice_id, billing_run_id, reason
)
overriding system value
select
    101, 6003, 1001, 1001, 'credit_note', 'correction', 'EUR', 'bank_transfer', 'en', 5004, 5001,
    'written off';
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, is_credit, credited_line, transaction_id,
    rating_version, description, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat,
    rated_excl_vat
)
select
    101, 6003, 1, 1001, 'transaction', true, 1, 1001, l.rating_version, 'Session', false, 19, 1, 1,
    1
from core.invoice_lines as l
where l.tenant_id = 101 and l.invoice_id = 5002;
select is(
    billing.finalise_invoices(101, '{6003}'), '{}'::bigint[],
    'a correction by a run is dropped when the rating counts again'
);
select is_empty(
    'select from core.invoices where tenant_id = 101 and id = 6003', 'and with it its credit note'
);

-- Writing off ----------------------------------------------------------------------------------

select tests.act_as('greenway.accountant');
select is(pg_temp.open_amount_of(5004), 140.00, 'something is open');
select throws_ok(
    $$ select from api.write_off_invoice(5004, 'bankrupt', 140.01) $$, 'PT409',
    '140 of the invoice is open', 'no more than that is written off'
);
select throws_ok(
    $$ select from api.write_off_invoice(5004, 'bankrupt', -1) $$, 'PT400', null, 'nor below zero'
);
select throws_ok(
    $$ select from api.write_off_invoice(5001, 'bankrupt') $$, 'PT409', null,
    'nor of an invoice that is settled'
);
select results_eq(
    $$ select w.open_amount, w.payment_state
       from api.write_off_invoice(5004, 'bankrupt', 40) as w $$,
    $$ values (100.00, 'partly_paid') $$, 'a part is'
);
select results_eq(
    $$ select w.open_amount, w.payment_state from api.write_off_invoice(5004, 'bankrupt') as w $$,
    $$ values (0.00, 'paid') $$, 'and then the rest'
);
select tests.act_as_owner();
select results_eq(
    $$ select j.description, e.ledger_account, e.account_id, e.amount from core.journals as j
       inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
       where j.tenant_id = 101 and j.kind = 'write_off' order by j.id, e.line $$,
    $$ select 'write-off of invoice ' || i.number || ': bankrupt', v.*
       from core.invoices as i
       cross join (
           values
           ('write_offs', null::bigint, 40.00), ('receivables', 1001, -40.00),
           ('write_offs', null, 100.00), ('receivables', 1001, -100.00)
       ) as v
       where i.tenant_id = 101 and i.id = 5004 $$,
    'both are posted with their reason'
);
select is(
    (select sum(e.amount) from core.ledger_entries as e
     where e.tenant_id = 101 and e.account_id = 1001 and e.ledger_account = 'receivables'),
    (select sum(o.open_amount) from billing.open_items as o
     where o.tenant_id = 101 and o.account_id = 1001),
    'receivables are what is open'
);

-- What was given up is not given back -----------------------------------------------------------

select tests.act_as('greenway.admin');
select is(
    (select c.total_incl_vat
     from api.credit_invoice(5004, 'charged too much', '[{"line": 1, "amount": 30}]') as c),
    30.00, 'an invoice that was written off is credited in part'
);
select tests.act_as_owner();
select bag_eq(
    $$ select a.kind, a.amount from core.allocations as a
       where a.tenant_id = 101 and a.invoice_id = 5004 and a.credit_note_id is null
       union all
       select a.kind, a.amount from core.allocations as a
       where a.tenant_id = 101 and a.credit_note_id = pg_temp.newest_credit_note() $$,
    $$ values
       ('write_off', 40.0000), ('write_off', 100), ('write_off', -30), ('credit_note', 30) $$,
    'which takes back as much of the write-off'
);
select bag_eq(
    $$ select e.ledger_account, e.account_id, e.amount from core.journals as j
       inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
       where
           j.tenant_id = 101
           and j.kind = 'write_off'
           and j.source_key = 'credit-note/' || pg_temp.newest_credit_note() $$,
    $$ values ('receivables', 1001::bigint, 30.0000), ('write_offs', null, -30) $$,
    'in the books as well'
);
select is(
    billing.account_credit(101, 1001), 0::numeric,
    'and the customer, who never paid it, has no credit'
);

-- What is paid already --------------------------------------------------------------------------

insert into core.payments (
    tenant_id, id, legal_entity_id, account_id, purpose, method, provider, idempotency_key, amount,
    currency, state, invoice_id
)
overriding system value
values
    (
        101, 5001, 1001, 1001, 'invoice', 'bank_transfer', 'bank', 'test-5001', 11.90, 'EUR',
        'pending', 1001
    );
select billing.book_payment(101, 5001, current_date, 'suspense');
select tests.act_as('greenway.admin');
select is(
    (select c.total_incl_vat
     from api.credit_invoice(1001, 'the card did not work', '[{"line": 1, "amount": 5}]') as c),
    5.95, 'an invoice that is paid is credited'
);
select tests.act_as_owner();
select is(billing.account_credit(101, 1001), 5.95, 'which is credit of the account');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values (101, 5005, 1, 1001, 'one_off', 'Card', false, 19, 10, 10);
select billing.compute_invoice(101, '{5005}');
select billing.finalise_invoices(101, '{5005}');
select is(pg_temp.open_amount_of(5005), 5.95, 'and pays a part of the next invoice');

set constraints all immediate;
select * from finish();
rollback;
