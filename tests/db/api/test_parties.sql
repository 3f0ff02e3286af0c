-- Legal entities, customers, addresses, accounts and contracts as staff and customers see them.
begin;
select plan(59);

-- Who reads what -------------------------------------------------------------------------

select tests.act_as('greenway.viewer');
select is_empty('select from api.customers', 'without billing.read nobody is a customer');
select is_empty('select from api.legal_entities', 'nor is there a legal entity');
select tests.act_as('greenway.support');
select set_eq(
    'select c.id from api.customers as c', array[1001, 1002],
    'with billing.read one sees the customers of the tenant, and no others'
);
select set_eq('select e.id from api.legal_entities as e', array[1001], 'and its legal entities');
select set_eq(
    'select s.legal_entity_id, s.kind, s.pattern from api.number_series as s',
    $$values (1001::bigint, 'invoice', 'INV-{year}-{number}'),
      (1001, 'credit_note', 'CN-{year}-{number}')$$,
    'which have their series from the beginning'
);
select throws_ok(
    $$insert into api.customers (kind, name, email) values ('person', 'X', 'x@example.org')$$,
    'PT403', null, 'support creates no customer'
);
select tests.act_as('greenway.driver2');
select results_eq(
    'select c.id, c.number, c.name from api.customers as c',
    $$values (1002::bigint, 'C1002', 'Greenway Driver2')$$, 'a person is one customer'
);
select results_eq(
    'select a.customer_id, a.city from api.customer_addresses as a',
    $$values (1002::bigint, 'Hamburg')$$, 'with its address'
);
select results_eq(
    'select a.id, a.number, a.kind, a.payment_method, a.currency, a.legal_entity_id
    from api.accounts as a',
    $$values (1002::bigint, 'A1002', 'prepaid', 'wallet', 'EUR', 1001::bigint)$$,
    'its account, prepaid from a wallet'
);
select results_eq(
    'select c.id, c.account_id, c.id_token_id from api.contracts as c',
    'values (1002::bigint, 1002::bigint, 1002::bigint)', 'and the contract of its token'
);
select throws_ok('select from api.legal_entities', '42501', null, 'not the legal entity''s row');
select throws_ok(
    $$update api.customers set name = 'Y'$$, '42501', null, 'and changes none of it'
);
select throws_ok($$delete from api.accounts$$, '42501', null, 'nor deletes it');

-- Legal entities ---------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(
    $$update api.legal_entities set name = 'X'$$, 'PT403', null,
    'operators set up no legal entity'
);
select tests.act_as('greenway.accountant');
select results_eq(
    $$insert into api.legal_entities (name, address_line, postal_code, city, iban, vat_id)
      values ('Second', 'Kai 1', '20095', 'Hamburg', 'de02 1203 0000 0000 2020 51', 'de 123456789')
      returning country_code, currency, language, time_zone, iban, vat_id, is_default$$,
    $$values ('DE', 'EUR', 'en', 'Europe/Berlin', 'DE02120300000000202051', 'DE123456789', false)$$,
    'accountants do: what is left out is the tenant''s, numbers are cleaned'
);
select throws_ok(
    $$update api.legal_entities set iban = 'DE89370400440532013000' where name = 'Second'$$,
    '23505', null, 'an account at a bank is one legal entity''s'
);
select throws_ok(
    $$insert into api.legal_entities (name, address_line, postal_code, city, tenant_id)
      values ('Third', 'Kai 1', '1011', 'Amsterdam', 102)$$,
    '42501', null, 'not for another tenant'
);
select throws_ok(
    $$update api.legal_entities set iban = 'DE89370400440532013001' where name = 'Second'$$,
    'PT400', 'the IBAN has a wrong length or check digits', 'a wrong IBAN is refused'
);
select throws_ok(
    $$update api.legal_entities set creditor_id = 'DE00ZZZ09999999999' where name = 'Second'$$,
    'PT400', 'the creditor identifier has wrong check digits', 'and a wrong creditor identifier'
);
select throws_ok(
    $$update api.legal_entities set vat_id = 'DE1' where name = 'Second'$$,
    'PT400', null, 'and a wrong VAT id'
);
select throws_ok(
    $$update api.legal_entities set country_code = 'ZZ' where name = 'Second'$$,
    'PT400', null, 'and a country that does not exist'
);
select throws_ok(
    $$update api.legal_entities set time_zone = 'Foo+5' where name = 'Second'$$,
    'PT400', null, 'and such a time zone'
);
select throws_ok(
    $$update api.legal_entities set is_default = false where id = 1001$$,
    'PT409', null, 'one is the default always'
);
select lives_ok(
    $$update api.legal_entities set is_default = true where name = 'Second'$$,
    'another one can become it'
);
select results_eq(
    'select e.name from api.legal_entities as e where e.is_default', array['Second'],
    'and is the only one then'
);
select lives_ok(
    $$update api.legal_entities set is_default = true where id = 1001$$, 'and back'
);
select lives_ok(
    $$update api.number_series set pattern = 'R{year}/{number}', width = 4
      where legal_entity_id = 1001 and kind = 'credit_note'$$,
    'a series is changed before its first number'
);
select throws_ok(
    $$update api.number_series set pattern = '{number}' where kind = 'credit_note'$$,
    '23514', null, 'it has the year in it'
);
select tests.act_as_owner();
insert into core.number_counters (tenant_id, legal_entity_id, kind, year, last_number)
values (101, 1001, 'credit_note', extract(year from now()), 1)
on conflict (tenant_id, legal_entity_id, kind, year) do update set last_number = 1;
select tests.act_as('greenway.accountant');
select throws_ok(
    $$update api.number_series set width = 6
      where legal_entity_id = 1001 and kind = 'credit_note'$$,
    'PT409', null, 'and no more after it'
);

-- Customers and accounts -------------------------------------------------------------------

select results_eq(
    $$insert into api.customers (kind, name, email, vat_id)
      values ('company', 'Fleet Ltd', 'fleet@example.org', 'NL 123456789B01')
      returning number ~ '^C[0-9]{4,}$', language, vat_id, vat_id_state$$,
    $$values (true, 'en', 'NL123456789B01', 'unchecked')$$,
    'a customer gets a number and a language, and its VAT id is unchecked'
);
select throws_ok(
    $$insert into api.customers (kind, name, email, vat_id)
      values ('company', 'Fleet Ltd', 'fleet@example.org', 'NL1')$$,
    'PT400', null, 'a VAT id that can be none is refused'
);
select throws_ok(
    $$insert into api.customers (kind, name, email, vat_id_state)
      values ('company', 'Fleet Ltd', 'fleet@example.org', 'valid')$$,
    '42501', null, 'nobody says themselves that it is valid'
);
select throws_ok(
    $$insert into api.customers (kind, name, email, user_id)
      values ('person', 'X', 'x@example.org', tests.user_id_of('bluecharge.customer'))$$,
    '23503', null, 'a person of another tenant is no customer'
);
select throws_ok(
    $$insert into api.customer_addresses (
        customer_id, kind, address_line, postal_code, city, country_code)
      values (1001, 'delivery', 'Kai 1', '1', 'X', 'ZZ')$$,
    'PT400', null, 'an address is in a country that exists'
);
select results_eq(
    $$insert into api.accounts (customer_id)
      select c.id from api.customers as c where c.name = 'Fleet Ltd'
      returning number ~ '^A[0-9]{4,}$', legal_entity_id, currency, kind, payment_method$$,
    $$values (true, 1001::bigint, 'EUR', 'postpaid', 'bank_transfer')$$,
    'an account takes what is left out from the default legal entity'
);
select throws_ok(
    $$insert into api.accounts (customer_id) values (2001)$$, '23503', null,
    'another tenant''s customer gets none'
);
select throws_ok(
    $$insert into api.accounts (customer_id, kind, payment_method)
      values (1001, 'prepaid', 'card')$$,
    '23514', null, 'prepaid is from a wallet'
);
select throws_ok(
    $$insert into api.accounts (customer_id, tax_treatment)
      select c.id, 'reverse_charge' from api.customers as c where c.name = 'Fleet Ltd'$$,
    'PT409', null, 'reverse charge waits for the register'
);
select tests.act_as_owner();
update core.customers set vat_id_state = 'valid', vat_id_checked_at = now()
where tenant_id = 101 and name = 'Fleet Ltd';
select tests.act_as('greenway.accountant');
select lives_ok(
    $$update api.accounts set tax_treatment = 'reverse_charge'
      where customer_id = (select c.id from api.customers as c where c.name = 'Fleet Ltd')$$,
    'and is there with a valid VAT id of another country'
);
select lives_ok(
    $$update api.customers set vat_id = 'BE0123456789' where name = 'Fleet Ltd'$$,
    'a new VAT id'
);
select results_eq(
    $$select c.vat_id_state, a.tax_treatment from api.customers as c
      inner join api.accounts as a on a.customer_id = c.id where c.name = 'Fleet Ltd'$$,
    $$values ('unchecked', 'standard')$$, 'is unchecked, and charged VAT again'
);
select tests.act_as_owner();
update core.customers
set vat_id = 'DE123456789' where tenant_id = 101 and name = 'Fleet Ltd';
update core.customers set vat_id_state = 'valid', vat_id_checked_at = now()
where tenant_id = 101 and name = 'Fleet Ltd';
select tests.act_as('greenway.accountant');
select throws_ok(
    $$update api.accounts set tax_treatment = 'reverse_charge'
      where customer_id = (select c.id from api.customers as c where c.name = 'Fleet Ltd')$$,
    'PT409', null, 'at home there is no reverse charge'
);
select throws_ok(
    $$update api.accounts set tax_treatment = 'exempt' where id = 1001$$, '23514', null,
    'nobody is exempt without a reason'
);

-- Who pays for whom ------------------------------------------------------------------------

select lives_ok(
    $$update api.accounts set payer_account_id = 1002 where id = 1001$$, 'one pays for another'
);
select throws_ok(
    $$update api.accounts set payer_account_id = 1001 where id = 1002$$, 'PT409', null,
    'who pays for others pays for itself'
);
select throws_ok(
    $$insert into api.accounts (customer_id, payer_account_id) values (1001, 1001)$$,
    'PT409', null, 'who is paid for pays for nobody'
);
select throws_ok(
    $$insert into api.accounts (customer_id, currency, payer_account_id)
      values (1001, 'SEK', 1002)$$,
    'PT409', null, 'nor in another currency'
);
select throws_ok(
    $$update api.accounts set payer_account_id = 2001 where id = 1001$$, '23503', null,
    'another tenant''s account pays for nobody here'
);
select tests.act_as_owner();
with journal as (
    insert into core.journals (
        tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description
    )
    values (101, 1001, 'adjustment', 'test of accounts', current_date, 'EUR', 'a test')
    returning id
)
insert into core.ledger_entries (
    tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, amount, currency,
    posted_on
)
select 101, j.id, e.line, 1001, e.ledger_account, e.account_id, e.amount, 'EUR', current_date
from journal as j
cross join (
    values (1, 'wallets', 1002, -1), (2, 'suspense', null, 1)
) as e (line, ledger_account, account_id, amount);
select tests.act_as('greenway.accountant');
select throws_ok(
    $$update api.accounts set currency = 'SEK', payer_account_id = null where id = 1002$$,
    'PT409', null, 'what is in the books keeps its currency'
);
select throws_ok(
    $$update api.accounts set kind = 'postpaid', payment_method = 'card' where id = 1002$$,
    'PT409', null, 'what is in a wallet stays prepaid'
);

-- Contracts --------------------------------------------------------------------------------

select throws_ok(
    $$insert into api.contracts (account_id, id_token_id) values (1002, 1001)$$,
    'PT409', 'the token has another contract at that time', 'a token is one account''s'
);
select lives_ok(
    $$update api.contracts set ends_at = now() where id = 1001$$, 'a contract ends'
);
select lives_ok(
    $$insert into api.contracts (account_id, id_token_id) values (1002, 1001)$$,
    'and the next one begins at that moment'
);
select throws_ok(
    $$insert into api.contracts (account_id, id_token_id) values (1001, 2001)$$, '23503', null,
    'another tenant''s token has none here'
);
select lives_ok($$update api.accounts set state = 'closed' where id = 1001$$, 'closed');
select throws_ok(
    $$insert into api.contracts (account_id, id_token_id) values (1001, 1003)$$,
    'PT409', null, 'an account takes no more contracts'
);

-- The other tenant --------------------------------------------------------------------------

select tests.act_as('bluecharge.accountant');
select set_eq('select c.id from api.customers as c', array[2001, 2002], 'sees its own');
update api.customers set name = 'Z' where id = 1001;
delete from api.contracts where id = 1002;
select tests.act_as_owner();
select results_eq(
    $$select c.name, count(k.id) from core.customers as c
      left join core.contracts as k on k.tenant_id = c.tenant_id and k.id = 1002
      where c.tenant_id = 101 and c.id = 1001 group by c.name$$,
    $$values ('Greenway Customer', 1::bigint)$$, 'and reaches nothing of another'
);
select results_eq(
    $$select count(*) from core.audit_log as l
      where l.tenant_id = 101 and l.table_name = 'core.accounts' and l.operation = 'update'
      and l.user_id = tests.user_id_of('greenway.accountant') and l.row_key ->> 'id' = '1001'$$,
    'values (2::bigint)', 'the audit knows who changed what'
);

select tests.reset();
select * from finish();
rollback;
