-- Finalising: numbers, snapshots, postings, wallets, and that nothing changes afterwards.
begin;
select plan(50);

create function pg_temp.entries_of(p_kind text, p_source_key text)
returns table (ledger_account text, account_id bigint, vat_rate numeric, amount numeric)
language sql stable as $$
    select e.ledger_account, e.account_id, e.vat_rate, e.amount
    from core.journals as j
    inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
    where j.tenant_id = 101 and j.kind = p_kind and j.source_key = p_source_key;
$$;
-- The personas have one invoice in each tenant.
create function pg_temp.number_of(p_number integer)
returns text
language sql stable as $$
    select format(
        'INV-%s-%s', extract(year from now() at time zone 'UTC'), lpad(p_number::text, 6, '0')
    );
$$;
select tests.act_as_owner();
update core.legal_entities set time_zone = 'UTC' where tenant_id in (101, 102);

-- A session of both kinds of prices, made as a run makes it ------------------------------------

insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, period_from, period_to, currency,
    payment_method, language, finalise_at
)
overriding system value
values
    (
        101, 5001, 1001, 1001, 'invoice', 'period', '2026-01-01', '2026-02-01', 'EUR',
        'bank_transfer', 'en', now() - interval '1 minute'
    ),
    (
        101, 5002, 1001, 1002, 'invoice', 'period', '2026-01-01', '2026-02-01', 'EUR', 'wallet',
        'en', now() - interval '1 minute'
    );
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, transaction_id, rating_version, description,
    includes_vat, vat_rate, amount_excl_vat, amount_incl_vat, rated_excl_vat
)
select
    101, 5001, 1, 1001, 'transaction', t.id, t.rating_version, 'Session', false, 19, 10.004, 10.004,
    10.004
from core.transactions as t
where t.tenant_id = 101 and t.id = 1001;
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values
    (101, 5001, 2, 1001, 'one_off', 'Card', true, 7, 0, 10.70),
    (101, 5001, 3, 1001, 'fee', 'Paper', false, 0, 1.50, 1.50),
    (101, 5002, 1, 1002, 'one_off', 'Card', false, 19, 10, 10);
select billing.compute_invoice(101, '{5001,5002}');
select tests.reset();

select is(
    billing.finalise_invoices(101, '{5002,5001,9999}'), '{5001,5002}'::bigint[],
    'drafts are finalised in the order of their ids, what is not there is passed over'
);
select is(
    billing.finalise_invoices(101, '{5001,5002}'), '{}'::bigint[], 'and a second time nothing is'
);
select results_eq(
    $$ select i.number, i.number_in_year, i.issued_on, i.due_on, i.payment_reference
       from core.invoices as i where i.tenant_id = 101 and i.id in (5001, 5002) order by i.id $$,
    $$ values
       (
           pg_temp.number_of(2), 2, current_date, current_date + 14,
           billing.create_creditor_reference('1000005001')
       ),
       (
           pg_temp.number_of(3), 3, current_date, current_date,
           billing.create_creditor_reference('1000005002')
       ) $$,
    'they have numbers without a gap, dates by the terms, and a reference; a wallet is due at once'
);
select is(
    (select i.seller ->> 'name' || ' / ' || (i.buyer ->> 'address_line')
     from core.invoices as i where i.id = 5001),
    'Greenway Charging GmbH / Elbchaussee 10', 'seller and buyer are kept'
);
select bag_eq(
    $$ select * from pg_temp.entries_of('invoice', '5001') $$,
    $$ values
       ('receivables', 1001::bigint, null::numeric, 24.10), ('unbilled', null, null, -10.004),
       ('revenue', null, null, -10.00), ('fee_income', null, null, -1.50),
       ('vat', null, 19, -1.90), ('vat', null, 7, -0.70), ('rounding', null, null, 0.004) $$,
    'the journal has receivables, unbilled, revenue, fees, VAT by rate and the cents'
);
select is_empty(
    $$ select from core.ledger_entries where tenant_id = 101 and account_id = 1002
       and ledger_account = 'wallets' $$,
    'an empty wallet pays nothing'
);
select is(
    (select o.open_amount from billing.open_items as o
     where o.tenant_id = 101 and o.invoice_id = 5002),
    11.90, 'and the invoice is open'
);

-- Nothing changes ------------------------------------------------------------------------------

select tests.act_as_owner();
select throws_ok(
    $$ update core.invoices set note = 'x' where tenant_id = 101 and id = 5001 $$,
    'PT403', null, 'what is finalised does not change, not even for the owner'
);
select throws_ok(
    $$ update core.invoices set state = 'draft' where tenant_id = 101 and id = 5001 $$,
    'PT403', null, 'does not go back'
);
select throws_ok(
    $$ delete from core.invoices where tenant_id = 101 and id = 5001 $$,
    'PT403', null, 'and does not go'
);
select throws_ok(
    $$ update core.invoice_lines set description = 'x'
       where tenant_id = 101 and invoice_id = 5001 $$,
    'PT403', null, 'nor do its lines change'
);
select throws_ok(
    $$ delete from core.invoice_lines where tenant_id = 101 and invoice_id = 5001 $$,
    'PT403', null, 'go'
);
select throws_ok(
    $$ insert into core.invoice_lines (
           tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
           amount_excl_vat, amount_incl_vat
       ) values (101, 5001, 9, 1001, 'one_off', 'x', false, 0, 1, 1) $$,
    'PT403', null, 'or become more'
);
select throws_ok(
    $$ update core.invoice_taxes set vat = 0, amount_incl_vat = amount_excl_vat
       where tenant_id = 101 and invoice_id = 5001 $$,
    'PT403', null, 'nor do its taxes change'
);
select throws_ok(
    $$ delete from core.invoice_taxes where tenant_id = 101 and invoice_id = 5001 $$,
    'PT403', null, 'or go'
);
select throws_ok('truncate core.invoice_lines', 'PT403', null, 'nobody empties the table');
select tests.reset();
set local session_replication_role = replica;
select throws_ok(
    $$ update core.invoices set note = 'x' where tenant_id = 101 and id = 5001 $$,
    'PT403', null, 'who switches triggers off does not get past these'
);
select throws_ok(
    $$ update core.invoice_lines set description = 'x'
       where tenant_id = 101 and invoice_id = 5001 $$,
    'PT403', null, 'nor past those of the lines'
);
set local session_replication_role = origin;

-- A wallet pays as far as it reaches -----------------------------------------------------------

select tests.act_as_owner();
select billing.post_journal(
    101, 1001, 'top_up', 'test', current_date, 'EUR', 'top up',
    '[{"ledger_account": "card_clearing", "amount": 20},
      {"ledger_account": "wallets", "account_id": 1002, "amount": -20}]'
);
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language
)
overriding system value
select 101, n, 1001, 1002, 'invoice', 'one_off', 'EUR', 'wallet', 'en'
from generate_series(5010, 5013) as n;
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values
    (101, 5010, 1, 1002, 'one_off', 'Card', true, 19, 0, 11.90),
    (101, 5011, 1, 1002, 'one_off', 'Card', true, 19, 0, 11.90),
    (101, 5012, 1, 1002, 'one_off', 'Gift', true, 19, 0, 0),
    (101, 5013, 1, 1002, 'one_off', 'Card', true, 19, 0, 5);
select billing.compute_invoice(101, '{5010,5011,5012,5013}');
select tests.reset();
select is(
    cardinality(billing.finalise_invoices(101, '{5010,5011,5012,5013}')), 4,
    'four invoices of a prepaid account are finalised at once'
);
select results_eq(
    $$ select o.invoice_id, o.allocated, o.open_amount from billing.open_items as o
       where o.tenant_id = 101 and o.invoice_id between 5010 and 5013 order by 1 $$,
    $$ values (5010::bigint, 11.90, 0.00), (5011, 8.10, 3.80), (5012, 0, 0), (5013, 0, 5) $$,
    'the wallet pays the first in full, the second in part and the last not at all'
);
select bag_eq(
    $$
        select e.*
        from core.payments as p
        cross join lateral pg_temp.entries_of('wallet_use', p.id::text) as e
        where p.tenant_id = 101 and p.invoice_id = 5011
    $$,
    $$ values ('wallets', 1002::bigint, null::numeric, 8.10), ('receivables', 1002, null, -8.10) $$,
    'which is posted'
);
select results_eq(
    $$ select p.method, p.provider, p.state, p.amount, p.booked_on from core.payments as p
       where p.tenant_id = 101 and p.invoice_id = 5010 $$,
    $$ values ('wallet', 'wallet', 'succeeded', 11.90, current_date) $$, 'as a payment'
);
select is(
    (select sum(e.amount) from core.ledger_entries as e
     where e.tenant_id = 101 and e.account_id = 1002 and e.ledger_account = 'wallets'),
    0::numeric, 'and the wallet is empty, not below'
);
select is_empty(
    $$ select * from pg_temp.entries_of('invoice', '5012') $$,
    'an invoice of zero has a number and no journal'
);
select is(
    (select i.number_in_year from core.invoices as i where i.id = 5012), 6,
    'numbers go on from one batch to the next'
);

-- What changed since the run -------------------------------------------------------------------

select tests.act_as_owner();
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, period_from, period_to, currency,
    payment_method, language
)
overriding system value
select
    101, n, 1001, 1001, 'invoice', 'period', make_date(2025, n - 5019, 1),
    make_date(2025, n - 5018, 1), 'EUR', 'bank_transfer', 'en'
from generate_series(5020, 5021) as n;
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, transaction_id, rating_version, description,
    includes_vat, vat_rate, amount_excl_vat, amount_incl_vat, rated_excl_vat
)
select 101, n, 1, 1001, 'transaction', 1002, r.version, 'Held', false, n - 5013, 7, 8.33, 7
from generate_series(5020, 5021) as n
inner join core.ratings as r on r.tenant_id = 101 and r.transaction_id = 1002;
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values (101, 5020, 2, 1001, 'one_off', 'Card', false, 19, 10, 10);
select billing.compute_invoice(101, '{5020,5021}');
select tests.reset();
select is(
    (select t.state from core.transactions as t where t.tenant_id = 101 and t.id = 1002), 'held',
    'a transaction is held after it was put into two drafts'
);
select is(
    billing.finalise_invoices(101, '{5020,5021}'), '{5020}'::bigint[],
    'one is finalised without it'
);
select results_eq(
    $$ select i.total_incl_vat, count(*) from core.invoices as i
       inner join core.invoice_lines as l on l.tenant_id = i.tenant_id and l.invoice_id = i.id
       where i.id = 5020 group by 1 $$,
    $$ values (11.90, 1::bigint) $$, 'computed anew'
);
select is_empty(
    'select from core.invoices where id = 5021', 'the other had nothing else and is gone'
);

-- What cannot be issued ------------------------------------------------------------------------

select tests.act_as_owner();
delete from core.customer_addresses where tenant_id = 101 and customer_id = 1002;
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language,
    finalise_at, tax_treatment
)
overriding system value
values
    (101, 5030, 1001, 1002, 'invoice', 'one_off', 'EUR', 'wallet', 'en', now(), 'standard'),
    (101, 5031, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en', now(), 'standard'),
    (
        101, 5032, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en', now(),
        'reverse_charge'
    ),
    (102, 5033, 2001, 2001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en', now(), 'standard');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values
    (101, 5030, 1, 1002, 'one_off', 'Card', false, 0, 10, 10),
    (101, 5032, 1, 1001, 'one_off', 'Card', false, 0, 10, 10),
    (102, 5033, 1, 2001, 'one_off', 'Card', false, 0, 10, 10);
select billing.compute_invoice(101, '{5030,5032}'), billing.compute_invoice(102, '{5033}');
select tests.act_as_login('jobs');
select matches(
    jobs.finalise_invoices() || '; ' || jobs.finalise_invoices(),
    '^(could not finalise 3; more is left; finalised 1 invoices'
    || '|finalised 1 invoices; more is left; could not finalise 3)$',
    'the job finalises what it can, a tenant a run'
);
select is(jobs.finalise_invoices(), '', 'and then there is nothing left to do for now');
select tests.reset();
select results_eq(
    $$ select i.id, i.state, i.problem, i.finalise_at > now() + interval '50 minutes'
       from core.invoices as i where i.id between 5030 and 5033 order by 1 $$,
    $$ values
       (5030::bigint, 'draft', 'address_missing', true), (5031, 'draft', 'lines_missing', true),
       (5032, 'draft', 'vat_id_missing', true), (5033, 'finalised', null, false) $$,
    'what it cannot finalise says why and is tried again in an hour'
);
select is(
    (select i.number from core.invoices as i where i.id = 5033), pg_temp.number_of(2),
    'the other tenant has numbers of its own'
);
select tests.act_as('greenway.admin');
select throws_ok(
    $$ select from api.finalise_invoice(5030) $$, 'PT409',
    'the draft cannot be issued: address missing', 'who finalises it by hand hears why not'
);
select throws_ok(
    $$ select from api.finalise_invoice(5001) $$, 'PT409', null, 'nor is it finalised twice'
);
select throws_ok(
    $$ select from api.finalise_invoice(5033) $$, 'PT404', null, 'nor is another tenant''s'
);
select tests.act_as('greenway.support');
select throws_ok(
    $$ select from api.finalise_invoice(5030) $$, 'PT403', null, 'nor without the permission'
);

-- What no e-invoice could be written for ---------------------------------------------------------

select tests.act_as_owner();
insert into core.legal_entities (tenant_id, id, name, address_line, postal_code, city)
overriding system value
values (101, 5901, 'Young Ltd', 'Kai 1', '20457', 'Hamburg');
insert into core.accounts (
    tenant_id, id, number, customer_id, legal_entity_id, currency, payment_method
)
overriding system value
values (101, 5901, 'Y1', 1001, 5901, 'EUR', 'bank_transfer');
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language
)
overriding system value
values
    (101, 5040, 5901, 5901, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en'),
    (101, 5041, 1001, 1001, 'invoice', 'one_off', 'KWD', 'bank_transfer', 'en');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values
    (101, 5040, 1, 5901, 'one_off', 'Card', false, 0, 10, 10),
    (101, 5041, 1, 1001, 'one_off', 'Card', false, 0, 10, 10);
select billing.compute_invoice(101, '{5040,5041}'), billing.finalise_invoices(101, '{5040,5041}');
select results_eq(
    $$ select i.problem from core.invoices as i where i.id in (5040, 5041) order by i.id $$,
    $$ values ('tax_number_missing'), ('currency_unsupported') $$,
    'a seller that no tax authority knows, and three decimals, are refused before they are final'
);
update core.legal_entities set tax_number = '47/11' where tenant_id = 101 and id = 5901;
select is(
    billing.finalise_invoices(101, '{5040}'), '{5040}', 'a tax number will do'
);

-- What fails keeps nobody waiting -------------------------------------------------------------

set constraints all immediate;
alter table core.invoices add constraint test_check
check (note is distinct from 'odd' or state = 'draft') not valid;
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language,
    finalise_at, note
)
overriding system value
values
    (101, 5050, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en', now(), 'odd'),
    (101, 5051, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en', now(), 'even');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
select 101, n, 1, 1001, 'one_off', 'Card', false, 0, 10, 10 from generate_series(5050, 5051) as n;
select billing.compute_invoice(101, '{5050,5051}');
set constraints all deferred;
select tests.act_as_login('jobs');
select is(
    jobs.finalise_invoices(), 'finalised 1 invoices, could not finalise 1',
    'where a draft fails the others are finalised'
);
select tests.reset();
select results_eq(
    $$ select i.state, i.problem, i.finalise_at > now() + interval '50 minutes'
       from core.invoices as i where i.id in (5050, 5051) order by i.id $$,
    $$ values ('draft', 'finalising_failed', true), ('finalised', null, false) $$,
    'and it says that it failed'
);

-- The document ---------------------------------------------------------------------------------

select tests.reset();
select is(
    billing.describe_invoice(101, 5001) #>> '{totals,incl}', '24.10',
    'the description has amounts in the decimals of the currency'
);
select is(
    billing.describe_invoice(101, 5001) -> 'taxes',
    '[{"category": "S", "vat_rate": "19", "excl": "10.00", "vat": "1.90", "incl": "11.90"},
      {"category": "S", "vat_rate": "7", "excl": "10.00", "vat": "0.70", "incl": "10.70"},
      {"category": "Z", "vat_rate": "0", "excl": "1.50", "vat": "0.00", "incl": "1.50"}]'::jsonb,
    'taxes by rate'
);
select is(
    billing.describe_invoice(101, 5001) #>> '{lines,0,session,energy_kwh}', '10',
    'and sessions with what was charged'
);
select is(
    billing.describe_invoice(101, 5001) #>> '{lines,0,session,id_token}', '****KEN1',
    'and the end of the token'
);
select is(
    billing.describe_invoice(101, 5010) -> 'totals',
    '{"excl": "10.00", "vat": "1.90", "incl": "11.90", "prepaid": "11.90", "due": "0.00"}'::jsonb,
    'what the wallet paid is told'
);
select is(
    billing.describe_invoice(101, 5030) #>> '{buyer,customer_number}',
    (select c.number from core.customers as c where c.tenant_id = 101 and c.id = 1002),
    'a draft is described as it would be issued now'
);
select throws_ok(
    'select billing.describe_invoice(101, 5033)', 'PT404', null, 'and another tenant''s is not'
);
select is(
    billing.create_creditor_reference('539007547034'), 'RF18539007547034',
    'references have the check digits of ISO 11649'
);
select is(
    billing.create_creditor_reference('A'), 'RF25A',
    'letters count as numbers'
);

set constraints all immediate;
select * from finish();
rollback;
