-- Dunning: reminders level by level, their fees, who is blocked and let charge again, and waiving.
begin;
select plan(37);

create function pg_temp.notices_of(p_invoice_id bigint)
returns table (level integer, due_in integer, open_amount numeric, fee numeric)
language sql stable security definer as $$
    select n.level::integer, n.due_on - n.issued_on, n.open_amount, n.fee
    from core.dunning_notices as n
    where n.tenant_id in (101, 102) and n.invoice_id = p_invoice_id;
$$;
select tests.act_as_owner();
update core.legal_entities set time_zone = 'UTC' where tenant_id in (101, 102);
insert into core.accounts (tenant_id, id, customer_id, is_dunned)
overriding system value
values (101, 5001, 1001, true), (101, 5002, 1001, false), (102, 5003, 2001, true);
insert into core.dunning_levels (
    tenant_id, legal_entity_id, level, days_after_due, fee, due_days, blocks_charging
)
values (101, 1001, 3, 30, 10, 7, true);
-- Invoices that were due so many days ago.
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, state, currency, payment_method,
    language, number, number_year, number_in_year, issued_on, due_on, finalised_at, seller, buyer,
    payment_reference, total_excl_vat, total_incl_vat
)
overriding system value
select
    v.tenant_id, v.id, case v.tenant_id when 101 then 1001 else 2001 end, v.account_id, 'invoice',
    'one_off', 'finalised', v.currency, 'bank_transfer', 'en', 'T-' || v.id, 2020, v.id,
    current_date - v.days - 14, current_date - v.days, now(), '{"time_zone": "UTC"}', '{}',
    'T' || v.id, 100, 100
from (
    values
        (101, 5001, 5001, 7, 'EUR'),
        (101, 5002, 5001, 6, 'EUR'),
        (101, 5003, 5002, 60, 'EUR'),
        (101, 5004, 5001, 40, 'EUR'),
        (101, 5005, 5001, 40, 'EUR'),
        (101, 5006, 5001, 40, 'JPY'),
        (102, 5007, 5003, 8, 'EUR')
) as v (tenant_id, id, account_id, days, currency);
-- One is paid, and a payment for another is on its way.
insert into core.allocations (tenant_id, invoice_id, account_id, kind, amount)
values (101, 5004, 5001, 'write_off', 100);
insert into core.payments (
    tenant_id, id, legal_entity_id, account_id, purpose, method, provider, idempotency_key, amount,
    currency, state, invoice_id
)
overriding system value
values
    (
        101, 5001, 1001, 5001, 'invoice', 'card', 'test', 'test-5001', 100, 'EUR', 'unknown', 5005
    );

select tests.act_as_login('jobs');
select is(
    jobs.run_dunning() || ' / ' || jobs.run_dunning() || ' / ' || jobs.run_dunning(),
    'issued 2 reminders; more is left / issued 1 reminders / ',
    'the job reminds of what is overdue, a tenant a run, and once'
);
select results_eq(
    'select * from pg_temp.notices_of(5001)', $$ values (1, 7, 100.0000, 0.0000) $$,
    'the first level is reached on its day'
);
select is_empty('select * from pg_temp.notices_of(5002)', 'and not a day before');
select is_empty('select * from pg_temp.notices_of(5003)', 'who is not to be dunned is not');
select is_empty('select * from pg_temp.notices_of(5004)', 'nor who paid');
select is_empty('select * from pg_temp.notices_of(5005)', 'nor whose payment is on its way');
select results_eq(
    'select n.level from pg_temp.notices_of(5006) as n', $$ values (1) $$,
    'who is very late gets the first reminder first'
);
select isnt_empty('select * from pg_temp.notices_of(5007)', 'the other tenant has its own');

-- Time passes ----------------------------------------------------------------------------------

select tests.reset();
set local session_replication_role = replica;
alter table core.dunning_notices disable trigger dunning_notices__keep;
update core.dunning_notices as n
set issued_on = n.issued_on - 8, due_on = n.due_on - 8
where n.invoice_id in (5001, 5006);
alter table core.invoices disable trigger invoices__keep_finalised;
update core.invoices as i
set due_on = i.due_on - 8, issued_on = i.issued_on - 8
where i.id between 5001 and 5006;
set local session_replication_role = origin;
select tests.act_as_login('jobs');
select is(
    jobs.run_dunning(), 'issued 2 reminders',
    'a second one comes after the date that the first one set, and when its own day is reached'
);
select results_eq(
    'select n.level, n.fee from pg_temp.notices_of(5006) as n order by 1',
    $$ values (1, 0.0000), (2, 0.0000) $$,
    'a fee in another currency is none'
);
select results_eq(
    'select n.level from pg_temp.notices_of(5001) as n', $$ values (1) $$,
    'level two has its own days'
);
select results_eq(
    'select n.level from pg_temp.notices_of(5002) as n', $$ values (1) $$,
    'the one that was a day early has its first by now'
);
select tests.reset();
set local session_replication_role = replica;
update core.dunning_notices as n
set issued_on = n.issued_on - 8, due_on = n.due_on - 8
where n.tenant_id = 101;
update core.invoices as i
set due_on = i.due_on - 8, issued_on = i.issued_on - 8
where i.id between 5001 and 5006;
set local session_replication_role = origin;
alter table core.dunning_notices enable always trigger dunning_notices__keep;
alter table core.invoices enable always trigger invoices__keep_finalised;
select tests.act_as_login('jobs');
select is(
    jobs.run_dunning(), 'issued 3 reminders, blocked 1 accounts', 'the third one blocks the account'
);
select results_eq(
    'select * from pg_temp.notices_of(5001) as n order by 1',
    $$ values (1, 7, 100.0000, 0.0000), (2, 7, 100, 5) $$,
    'the second one of the first invoice costs something'
);
select tests.act_as_owner();
select results_eq(
    $$ select j.description, e.ledger_account, e.account_id, e.amount from core.journals as j
       inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
       where j.tenant_id = 101 and j.kind = 'fee' and j.source_key = '5001/2' order by e.line $$,
    $$ values
       ('fee of reminder 2 of T-5001', 'receivables', 5001::bigint, 5.0000),
       ('fee of reminder 2 of T-5001', 'fee_income', null, -5) $$,
    'which is posted'
);
select is(
    (select o.open_amount from billing.open_items as o
     where o.tenant_id = 101 and o.invoice_id = 5001),
    105.0000, 'and open with the invoice'
);
select results_eq(
    $$ select a.state, a.state_reason from core.accounts as a
       where a.tenant_id = 101 and a.id in (5001, 5002) order by a.id $$,
    $$ values ('blocked', 'overdue invoices'), ('active', null) $$, 'the account is blocked'
);
select is(
    (select count(*) from core.events as e
     where e.tenant_id = 101 and e.type = 'invoice.overdue'),
    7::bigint, 'each reminder was told of'
);
select is(
    (select e.data - 'dunning_notice_id' - 'due_on' from core.events as e
     where e.tenant_id = 101 and e.object_id = 5006 order by e.id desc limit 1),
    '{"invoice_id": 5006, "number": "T-5006", "account_id": 5001, "level": 3, "fee": "0",
      "open_amount": "100", "currency": "JPY", "is_blocked": true}'::jsonb,
    'with what it is about'
);

-- Waiving --------------------------------------------------------------------------------------

create temporary table fee as
select n.id from core.dunning_notices as n where n.invoice_id = 5001 and n.fee > 0;
grant select on fee to staff, customer;
select tests.act_as('greenway.operator');
select throws_ok(
    'select api.waive_dunning_fee((select f.id from fee as f), ''goodwill'')', 'PT403', null,
    'who may not bill waives no fee'
);
select tests.act_as('greenway.customer');
select throws_ok(
    'select api.waive_dunning_fee((select f.id from fee as f), ''goodwill'')', '42501', null,
    'nor does the customer'
);
select bag_eq(
    'select d.invoice_id, d.level::integer from api.dunning_notices as d where d.invoice_id > 5000',
    $$ values
       (5001::bigint, 1), (5001, 2), (5002, 1), (5002, 2), (5006, 1), (5006, 2),
       (5006, 3) $$,
    'who sees the reminders'
);
select tests.act_as('greenway.accountant');
select throws_ok(
    $$ select api.waive_dunning_fee(2001, 'goodwill') $$, 'PT404', null,
    'another tenant''s is not found'
);
select throws_ok(
    $$ select api.waive_dunning_fee(1001, 'goodwill') $$, 'PT409', 'this reminder cost nothing',
    'where there is no fee none is waived'
);
select throws_ok(
    'select api.waive_dunning_fee((select f.id from fee as f), '''')', 'PT400', null,
    'it takes a reason'
);
select results_eq(
    $$ select w.fee, w.waived_reason, w.waived_at is not null
       from api.waive_dunning_fee((select f.id from fee as f), ' goodwill ') as w $$,
    $$ values (5.0000, 'goodwill', true) $$, 'an accountant waives one'
);
select is(
    (select i.open_amount from api.invoices as i where i.id = 5001), 100.0000,
    'and it is open no more'
);
select throws_ok(
    'select api.waive_dunning_fee((select f.id from fee as f), ''again'')', 'PT409',
    'the fee is waived already', 'once'
);
select tests.act_as_owner();
select bag_eq(
    $$ select e.ledger_account, e.amount from core.journals as j
       inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
       where j.tenant_id = 101 and j.kind = 'adjustment' $$,
    $$ values ('fee_income', 5.0000), ('receivables', -5) $$, 'which is posted'
);
select throws_ok(
    $$ update core.dunning_notices set fee = 1 where tenant_id = 101 and id = 1001 $$,
    'PT403', null, 'a reminder does not change otherwise'
);

-- Paid -----------------------------------------------------------------------------------------

insert into core.allocations (tenant_id, invoice_id, account_id, kind, amount)
values (101, 5001, 5001, 'write_off', 100);
select is(
    (select a.state from core.accounts as a where a.tenant_id = 101 and a.id = 5001), 'blocked',
    'paying another invoice does not help'
);
insert into core.allocations (tenant_id, invoice_id, account_id, kind, amount)
values (101, 5006, 5001, 'write_off', 60), (101, 5006, 5001, 'write_off', 40);
select is(
    (select a.state from core.accounts as a where a.tenant_id = 101 and a.id = 5001), 'active',
    'paying the one that it is blocked for lets it charge again'
);
insert into core.allocations (tenant_id, invoice_id, account_id, kind, payment_id, amount)
values (101, 5006, 5001, 'payment_return', 5001, -100);
select is(
    (select a.state from core.accounts as a where a.tenant_id = 101 and a.id = 5001), 'blocked',
    'and when that is taken back it is blocked again'
);
select bag_eq(
    $$ select e.object_id from core.events as e
       where e.tenant_id = 101 and e.type = 'invoice.paid' $$,
    $$ values (5001::bigint), (5004), (5006) $$, 'that they are paid is told, once each'
);

-- Levels ---------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(
    $$ update api.dunning_levels set fee = 50 $$, 'PT403', null, 'an operator writes no levels'
);
select tests.act_as('greenway.accountant');
select results_eq(
    $$ update api.dunning_levels set fee = 50 returning legal_entity_id, level::integer, fee $$,
    $$ values (1001::bigint, 1, 50.0000), (1001, 2, 50), (1001, 3, 50) $$,
    'an accountant writes those of the own tenant'
);
select throws_ok(
    $$ insert into api.dunning_levels (legal_entity_id, level, days_after_due)
       values (2001, 4, 50) $$,
    '23503', null, 'and none for another tenant''s legal entity'
);

set constraints all immediate;
select * from finish();
rollback;
