-- Jobs of billing: runs begin when the month is over everywhere, and sessions are billed as they
-- come.
begin;
select plan(17);

select tests.act_as_login('bridge');
select throws_ok($$ select jobs.start_billing_runs() $$, '42501', null, 'only jobs begin runs');
select throws_ok($$ select jobs.run_billing() $$, '42501', null, 'go on with them');
select throws_ok($$ select jobs.bill_sessions() $$, '42501', null, 'and bill sessions');

select tests.act_as_owner();
update core.legal_entities as e set time_zone = 'Pacific/Honolulu'
where e.tenant_id = 101 and e.id = 1001;
update core.legal_entities as e set time_zone = 'Pacific/Kiritimati'
where e.tenant_id = 102 and e.id = 2001;
create function pg_temp.last_month(p_zone text) returns date language sql as $$
    select (date_trunc('month', now() at time zone p_zone) - interval '1 month')::date;
$$;
create function pg_temp.begun() returns setof text language sql as $$
    select concat_ws(' ', r.tenant_id, r.state)
    from core.billing_runs as r
    where
        r.tenant_id = 101 and r.period_from = pg_temp.last_month('Pacific/Honolulu')
        or r.tenant_id = 102 and r.period_from = pg_temp.last_month('Pacific/Kiritimati')
    order by r.tenant_id;
$$;
-- A second legal entity, further west: its month ends later.
insert into core.legal_entities (
    tenant_id, id, name, address_line, postal_code, city, country_code, currency, language,
    time_zone
)
overriding system value
values (102, 2002, 'West', 'Kade 2', '1011 AB', 'Amsterdam', 'NL', 'EUR', 'nl', 'Etc/GMT+12');

select tests.act_as_login('jobs');
select matches(jobs.start_billing_runs(), '^began \d+ runs$', 'the last month of every tenant');
select tests.act_as_owner();
select is(
    (
        select max(r.period_from) from core.billing_runs as r where r.tenant_id = 102
    ), pg_temp.last_month('Etc/GMT+12'), 'which is over for all its legal entities'
);
select is(
    (select max(r.period_from) from core.billing_runs as r where r.tenant_id = 101),
    pg_temp.last_month('Pacific/Honolulu'), 'by their own clocks'
);
select is_empty(
    $$
        select r.id from core.billing_runs as r
        where not exists (select from core.accounts as a where a.tenant_id = r.tenant_id)
    $$, 'who has no accounts has no run'
);
select tests.act_as_login('jobs');
select is(jobs.start_billing_runs(), '', 'once');

-- A person without a contract, known by their account -------------------------------------------

select tests.act_as_owner();
update core.accounts as a set schedule = 'session' where a.tenant_id = 101 and a.id = 1001;
delete from ops.transactions_to_bill;
insert into ops.transactions_to_bill (tenant_id, transaction_id) values (101, 1001), (101, 1001);
select tests.act_as_login('jobs');
select is(jobs.bill_sessions(), '1 invoices', 'a session is billed');
select tests.act_as_owner();
select results_eq(
    $$
        select i.account_id, l.transaction_id, i.occasion, i.total_incl_vat, i.state
        from core.invoice_lines as l
        inner join core.invoices as i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
        where l.transaction_id = 1001
    $$,
    $$ values (1001::bigint, 1001::bigint, 'session', 5.95, 'draft') $$,
    'once, though it waits twice'
);
select is_empty(
    $$ select q.id from ops.transactions_to_bill as q where q.transaction_id = 1001 $$,
    'and waits no longer'
);
delete from core.invoices as i where i.tenant_id = 101 and i.state = 'draft';
delete from core.customer_addresses as a
where a.tenant_id = 101 and a.customer_id = 1001 and a.kind = 'billing';
select tests.act_as_login('jobs');
select is(jobs.bill_sessions(), '', 'what cannot be billed');
select tests.act_as_owner();
select results_eq(
    $$
        select q.reason, q.next_attempt_at > now() from ops.transactions_to_bill as q
        where q.transaction_id = 1001
    $$,
    $$ values ('address_missing', true) $$, 'keeps why, and comes again later'
);
insert into core.customer_addresses (
    tenant_id, customer_id, kind, address_line, postal_code, city, country_code
)
values (101, 1001, 'billing', 'Elbchaussee 10', '22765', 'Hamburg', 'DE');
select tests.act_as_login('jobs');
select is(jobs.bill_sessions(), '', 'not at once');
select tests.act_as_owner();
update ops.transactions_to_bill as q set next_attempt_at = now() where q.transaction_id = 1001;
select tests.act_as_login('jobs');
select is(jobs.bill_sessions(), '1 invoices', 'and then it is billed');

-- An account that wants its sessions by the month, until it has one ------------------------------

select tests.act_as_owner();
delete from core.invoices as i where i.tenant_id = 101 and i.state = 'draft';
update core.accounts as a set schedule = 'monthly' where a.tenant_id = 101 and a.id = 1001;
delete from ops.transactions_to_bill;
insert into ops.transactions_to_bill (tenant_id, transaction_id) values (101, 1001);
select tests.act_as_login('jobs');
select is(jobs.bill_sessions(), '', 'a session of an account by the month waits for the month');
select tests.act_as('greenway.accountant');
update api.accounts as a set schedule = 'session' where a.id = 1001;
select tests.act_as_login('jobs');
select is(jobs.bill_sessions(), '1 invoices', 'and no longer when the account has changed');
select * from finish();
rollback;
