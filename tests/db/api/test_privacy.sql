-- Consent, export and erasure, and what the other tenant and the law keep.
begin;
select plan(60);

-- Consent ----------------------------------------------------------------------------------

select tests.act_as('greenway.customer');
select lives_ok($$select api.accept_terms('privacy', '2026-02', 'app')$$, 'a person accepts');
select lives_ok($$select api.accept_terms('privacy', '2026-02')$$, 'and once more');
select set_eq(
    'select c.document, c.version, c.via from api.consents as c',
    $$values ('terms', '2026-01', 'portal'), ('privacy', '2026-02', 'app')$$,
    'which stays as it was; nobody else''s is seen'
);
select throws_ok(
    $$select api.accept_terms('privacy', '2026-02', 'telepathy')$$, '23514', null,
    'there are ways to accept'
);
select throws_ok(
    $$delete from api.consents$$, '42501', null, 'what was accepted is not taken back so'
);
select tests.act_as('greenway.support');
select is(
    (select count(*) from api.consents), 2::bigint, 'staff with users.read see the tenant''s'
);
select tests.act_as_owner();
select throws_ok(
    $$update core.consents set version = 'x' where tenant_id = 101$$, 'PT403', null,
    'nor does the owner change them'
);

-- Export -----------------------------------------------------------------------------------

select tests.act_as('greenway.customer');
create temporary table exported as select api.export_my_data() as document;
select is(
    (select e.document #>> '{data,core.users,rows,0,email}' from exported as e),
    'customer@greenway.example', 'the export has the person'
);
select is(
    (select e.document #>> '{data,core.customers,rows,0,number}' from exported as e), 'C1001',
    'the customer'
);
select is(
    (select e.document #>> '{data,core.id_tokens,rows,0,id_token}' from exported as e), 'GWTOKEN1',
    'the card'
);
select ok(
    (select jsonb_array_length(e.document #> '{data,core.sessions,rows}') >= 1 from exported as e),
    'the sessions'
);
select ok(
    (select e.document -> 'data' ?& array['core.transactions', 'core.ratings', 'core.accounts',
        'core.contracts', 'core.customer_addresses', 'core.consents', 'core.login_sessions']
     from exported as e),
    'and whatever else there is'
);
select ok(
    (select e.document::text !~ 'password_hash|key_hash|token_hash' from exported as e),
    'no secret'
);
select ok(
    (select e.document::text !~ 'driver2|GWTOKEN2|bluecharge' from exported as e),
    'and nothing of anybody else'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$select api.export_person(tests.user_id_of('greenway.customer'))$$, 'PT403', null,
    'without privacy.write nobody exports others'
);
select tests.act_as('greenway.admin');
select is(
    api.export_person(tests.user_id_of('greenway.driver2'))
    #>> '{data,core.users,rows,0,email}', 'driver2@greenway.example', 'with it one does'
);
select throws_ok(
    $$select api.export_person(tests.user_id_of('bluecharge.customer'))$$, 'PT404', null,
    'of the own tenant'
);

-- Request ----------------------------------------------------------------------------------

select tests.act_as('greenway.driver2');
create temporary table requested as select api.request_erasure() as id;
select is(
    api.request_erasure(), (select r.id from requested as r), 'asked once more it is the same'
);
select results_eq(
    'select e.id, e.state from api.erasures as e',
    $$select r.id, 'requested' from requested as r$$, 'and one sees one''s own'
);
select throws_ok(
    $$select api.erase_person(tests.user_id_of('greenway.driver2'), 'because')$$, '42501', null,
    'nobody erases as a customer'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$select api.erase_person(tests.user_id_of('greenway.driver2'), 'because')$$, 'PT403', null,
    'nor without privacy.write'
);
select tests.act_as('bluecharge.admin');
select throws_ok(
    $$select api.erase_person(tests.user_id_of('greenway.driver2'), 'because')$$, 'PT404', null,
    'nor a person of another tenant'
);
select is_empty(
    $$select from api.erasures as e where e.tenant_id = 101$$, 'whose requests are not seen'
);
select tests.act_as('greenway.admin');
select throws_ok(
    $$select api.erase_person(tests.user_id_of('greenway.admin'), 'because')$$, 'PT409', null,
    'nor themselves'
);
select throws_ok(
    $$select api.erase_person(tests.user_id_of('greenway.driver2'), ' ')$$, 'PT400', null,
    'nor without a reason'
);
select throws_like(
    $$select api.erase_person(tests.user_id_of('greenway.driver2'), 'by letter')$$,
    'the person has something open: %open transaction%', 'nor while something is open'
);

-- Erasure ----------------------------------------------------------------------------------

select tests.act_as_owner();
-- What is open is settled: the held transaction is written off, the books of the account are even.
update core.transactions
set state = 'written_off', hold_reasons = null, hold_details = null, held_at = null,
    written_off_at = now()
where tenant_id = 101 and user_id = tests.user_id_of('greenway.driver2');
create function pg_temp.settle()
returns void
language plpgsql
as $$
declare
    v_id bigint;
    v_row record;
begin
    for v_row in
        select e.ledger_account, sum(e.amount) as amount
        from core.ledger_entries as e
        where
            e.tenant_id = 101
            and e.account_id = 1002
            and e.ledger_account in ('wallets', 'receivables')
        group by e.ledger_account
        having sum(e.amount) <> 0
    loop
        insert into core.journals (
            tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description
        )
        values (
            101, 1001, 'adjustment', gen_random_uuid()::text, current_date, 'EUR', 'a test'
        )
        returning id into v_id;
        insert into core.ledger_entries (
            tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, amount,
            currency, posted_on
        )
        values
            (
                101, v_id, 1, 1001, v_row.ledger_account, 1002, -v_row.amount, 'EUR',
                current_date
            ),
            (101, v_id, 2, 1001, 'suspense', null, v_row.amount, 'EUR', current_date);
    end loop;
end;
$$;
select pg_temp.settle();
update core.payments set state = 'cancelled'
where tenant_id = 101 and account_id = 1002 and state in ('pending', 'submitted', 'unknown');
-- What the audit knows of the person.
update core.users set full_name = 'Dora Driver'
where id = tests.user_id_of('greenway.driver2');
update core.customers
set name = 'Dora Driver', phone = '+49 40 1', vat_id_evidence = '{"name": "Dora Driver"}'
where tenant_id = 101 and id = 1002;
update core.id_tokens set label = 'Card of Dora' where tenant_id = 101 and id = 1002;
update core.customer_addresses set name = 'Dora Driver'
where tenant_id = 101 and customer_id = 1002;
-- One that is gone already.
insert into core.id_tokens (tenant_id, id, id_token, user_id, label)
overriding system value
values (101, 1009, 'DORASOLD', tests.user_id_of('greenway.driver2'), 'Old card of Dora');
delete from core.id_tokens where tenant_id = 101 and id = 1009;
create function pg_temp.told()
returns bigint
language sql
as $$
    select count(*)
    from core.audit_log as l
    where concat(l.old_values, l.new_values, l.row_key) ~ 'Dora|DORASOLD|driver2@greenway|GWTOKEN2'
$$;
select ok(pg_temp.told() >= 6, 'the audit log knows who it was');
select throws_ok(
    $$update core.audit_log set new_values = '{}' where tenant_id = 101$$, 'PT403', null,
    'and nobody changes it, not even the owner'
);
-- A start from afar that is over, of a session that is as well.
update ops.commands set payload = '{"idTag": "GwToken2", "connectorId": 1}'
where tenant_id = 101 and id = 1001;
create temporary table kept as
select i.id, i.number, i.buyer::text as buyer, i.total_incl_vat
from core.invoices as i
where i.tenant_id = 101;
delete from core.invoices where tenant_id = 101 and account_id = 1002 and state = 'draft';
create temporary table others as
select l.id, l.old_values, l.new_values
from core.audit_log as l
where l.tenant_id = 102 or l.row_key ->> 'id' = '1001';

-- Wherever somebody is named: the list is of what the law keeps, or says for how long.
create function pg_temp.tables_that_name(p_words text)
returns setof text
language plpgsql
as $$
declare
    v_table text;
    v_found boolean;
begin
    for v_table in
        select c.oid::regclass::text
        from pg_catalog.pg_class as c
        where
            c.relkind in ('r', 'p')
            and not c.relispartition
            and c.relnamespace in ('core'::regnamespace, 'ops'::regnamespace)
    loop
        execute format('select exists (select from %s as r where to_jsonb(r)::text ~* $1)', v_table)
        into v_found using p_words;
        if v_found then
            return next v_table;
        end if;
    end loop;
end;
$$;

-- What a card provider told of a payment.
insert into core.payments (
    tenant_id, id, legal_entity_id, account_id, purpose, method, provider, idempotency_key, amount,
    currency, state
)
overriding system value
values (101, 1902, 1001, 1002, 'top_up', 'card', 'test', 'test-1902', 5, 'EUR', 'failed');
insert into core.payment_events (
    tenant_id, payment_provider_id, event_id, type, data, signed_at, processed_at, payment_id,
    outcome
)
values (
    101, 1001, 'evt_dora', 'payment_intent.payment_failed',
    '{"billing_details": {"name": "Dora Driver"}}', now(), now(), 1902, 'failed'
);
-- Messages to them, before and after they changed their address, and one to another tenant's.
insert into ops.outbox (
    tenant_id, kind, idempotency_key, payload, state, next_attempt_at, delivered_at, dead_at,
    last_error
)
values
    (
        101, 'email', 'privacy/1',
        jsonb_build_object(
            'to', 'driver2@greenway.example', 'full_name', 'Dora Driver', 'template',
            'session_ended', 'user_id', tests.user_id_of('greenway.driver2')
        ),
        'delivered', null, now(), null, '250 kept for driver2@greenway.example'
    ),
    (
        101, 'email', 'privacy/2', '{"to": "driver2@greenway.example", "template": "invitation"}',
        'dead', null, null, now(), '550 no driver2@greenway.example here'
    ),
    (
        102, 'email', 'privacy/3', '{"to": "customer@bluecharge.example", "full_name": "Dora B"}',
        'waiting', now(), null, null, null
    );
select tests.act_as('greenway.admin');
create temporary table erased as
select api.erase_person(tests.user_id_of('greenway.driver2'), 'by letter of 3 May') as counts;
select ok(
    (select (e.counts ->> 'core.audit_log')::integer >= 6 from erased as e),
    'then it is erased, and one hears how much it was'
);

select tests.act_as_owner();
select is(pg_temp.told(), 0::bigint, 'the audit log knows it no more');
select bag_eq(
    $$select t.name
      from pg_temp.tables_that_name('Dora D|driver2@greenway|DORASOLD|GWTOKEN2') as t (name)$$,
    array['core.ratings'],
    'nor does any table but the one with the card of the receipt, which the law keeps'
);
select results_eq(
    $$select o.idempotency_key from ops.outbox as o where o.idempotency_key ~ '^privacy/'$$,
    array['privacy/3'], 'messages to others still go'
);
select results_eq(
    $$select u.email, u.full_name, u.is_active from core.users as u
      where u.id = tests.user_id_of('greenway.driver2')$$,
    $$values ('erased-' || tests.user_id_of('greenway.driver2') || '@erased.invalid', '', false)$$,
    'the person has no name and no address'
);
select is_empty(
    $$select from core.credentials as c where c.user_id = tests.user_id_of('greenway.driver2')$$,
    'and no password'
);
select is_empty(
    $$select from core.login_sessions as s where s.user_id = tests.user_id_of('greenway.driver2')$$,
    'and is signed in nowhere'
);
select results_eq(
    $$select c.number, c.name, c.email, c.erased_at is not null from core.customers as c
      where c.tenant_id = 101 and c.id = 1002$$,
    $$values ('C1002', 'Erased', 'erased@erased.invalid', true)$$, 'the customer is a number'
);
select throws_ok(
    $$update core.customers set name = 'Dora Driver' where tenant_id = 101 and id = 1002$$,
    'PT409', null, 'which nobody names again'
);
select is_empty(
    $$select from core.customer_addresses as a where a.tenant_id = 101 and a.customer_id = 1002$$,
    'without an address'
);
select results_eq(
    $$select t.id_token, t.is_blocked from core.id_tokens as t
      where t.tenant_id = 101 and t.id = 1002$$,
    $$values ('ERASED1002', true)$$, 'the card is no card'
);
select results_eq(
    $$select s.id_token, s.energy_wh::numeric from core.sessions as s
      where s.tenant_id = 101 and s.id = 1002$$,
    $$values ('ERASED1002', 10000::numeric)$$, 'the session keeps its figures, not the card'
);
select is(
    (select q.payload from ops.commands as q where q.tenant_id = 101 and q.id = 1001),
    '{"idTag": "ERASED", "connectorId": 1}'::jsonb, 'nor does a command that is over'
);
select results_eq(
    $$select a.state, k.ends_at is not null from core.accounts as a
      inner join core.contracts as k on k.tenant_id = a.tenant_id and k.account_id = a.id
      where a.tenant_id = 101 and a.id = 1002$$,
    $$values ('closed', true)$$, 'account and contract are over'
);
select set_eq(
    $$select i.id, i.number, i.buyer::text, i.total_incl_vat from core.invoices as i
      where i.tenant_id = 101 and i.state = 'finalised'$$,
    $$select k.id, k.number, k.buyer, k.total_incl_vat from kept as k where k.number is not null$$,
    'invoices stay as they were'
);
select is_empty(
    $$select l.id from core.audit_log as l inner join others as o on o.id = l.id
      where (o.old_values, o.new_values) is distinct from (l.old_values, l.new_values)$$,
    'and so does what the audit log says of others'
);
select results_eq(
    $$select e.state, e.reason, e.erased_by from core.erasures as e
      where e.tenant_id = 101 and e.user_id = tests.user_id_of('greenway.driver2')$$,
    $$values ('done', 'by letter of 3 May', tests.user_id_of('greenway.admin'))$$,
    'that it was done is on record'
);
select throws_ok(
    $$update core.erasures set reason = 'none at all' where tenant_id = 101 and state = 'done'$$,
    'PT403', null, 'for good'
);

-- A customer without a login ------------------------------------------------------------------

select tests.act_as_owner();
insert into core.customers (tenant_id, id, kind, name, email)
overriding system value
values
    (101, 1900, 'person', 'Nora Paper', 'nora@letters.example'),
    (101, 1901, 'company', 'Nora GmbH', 'nora@letters.example');
insert into core.customer_addresses (
    tenant_id, customer_id, kind, address_line, postal_code, city, country_code
)
values (101, 1900, 'billing', 'Nora Street 1', '20095', 'Hamburg', 'DE');
insert into core.accounts (tenant_id, id, customer_id)
overriding system value values (101, 1900, 1900);
insert into core.id_tokens (tenant_id, id, id_token, label)
overriding system value values (101, 1900, 'NORASCARD', 'Nora''s card');
insert into core.contracts (tenant_id, account_id, id_token_id, starts_at)
values (101, 1900, 1900, now() - interval '1 day');
insert into core.sessions (
    tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, started_at,
    id_token, id_token_id
)
overriding system value
values (101, 1900, 1001, '1.6', '1900', 'start 1900', 'active', now(), 'NORASCARD', 1900);
select tests.act_as('greenway.operator');
select throws_ok(
    $$select api.erase_customer(1900, 'by letter')$$, 'PT403', null,
    'a customer without a login is not erased without privacy.write'
);
select tests.act_as('bluecharge.admin');
select throws_ok(
    $$select api.erase_customer(1900, 'by letter')$$, 'PT404', null, 'nor by another tenant'
);
select tests.act_as('greenway.admin');
select throws_ok(
    $$select api.erase_customer(1901, 'by letter')$$, 'PT409', 'a company is no person',
    'nor a company'
);
select throws_like(
    $$select api.erase_customer(1900, 'by letter')$$, '%running session%',
    'nor while its card charges'
);
select tests.act_as_owner();
update core.sessions set state = 'ended', ended_at = now(), energy_wh = 0
where tenant_id = 101 and id = 1900;
delete from core.transactions where tenant_id = 101 and session_id = 1900;
select tests.act_as('greenway.admin');
select lives_ok(
    $$select api.erase_customer(1900, 'by letter')$$, 'but then it is, with its card'
);
select throws_ok(
    $$select api.erase_customer(1900, 'by letter')$$, 'PT409',
    'the person of this customer was erased', 'once'
);
select tests.reset();
select bag_eq(
    $$select t.name from pg_temp.tables_that_name('Nora (P|S)|NORASCARD|Nora''s') as t (name)$$,
    array[]::text[], 'and is nowhere any more'
);

-- One of two tenants ------------------------------------------------------------------------

select tests.act_as('greenway.admin');
select lives_ok(
    $$select api.erase_person(tests.user_id_of('greenway.both'), 'by letter')$$,
    'a person of two tenants'
);
select tests.act_as_owner();
select results_eq(
    $$select u.email, u.is_active from core.users as u
      where u.id = tests.user_id_of('greenway.both')$$,
    $$values ('both@example.org', true)$$, 'keeps name and password for the other'
);
select set_eq(
    $$select m.tenant_id, m.is_active from core.memberships as m
      where m.user_id = tests.user_id_of('greenway.both')$$,
    $$values (101::bigint, false), (102, true)$$, 'and is a member there alone'
);

select tests.act_as('bluecharge.admin');
select lives_ok(
    $$select api.erase_person(tests.user_id_of('bluecharge.both'), 'by letter')$$,
    'which erases them, too'
);
select tests.act_as_owner();
select results_eq(
    $$select u.email ~ '^erased-', u.is_active from core.users as u
      where u.id = tests.user_id_of('greenway.both')$$,
    $$values (true, false)$$, 'and was the last one'
);

-- Retention --------------------------------------------------------------------------------

select tests.act_as('greenway.support');
select ok(
    (select count(*) > 25 and bool_and(r.kept_for > interval '0') from api.retention_rules() as r),
    'staff see how long what is kept'
);
select tests.act_as('greenway.customer');
select throws_ok('select api.retention_rules()', '42501', null, 'customers do not');

select tests.reset();
select * from finish();
rollback;
