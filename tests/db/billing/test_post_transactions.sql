-- What transactions cost is in the ledger: as the difference to what was there.
begin;
select plan(26);
select tests.act_as_owner();
select jobs.post_ratings();
delete from ops.ratings_to_post;

-- A new calculation of transaction 1001, which counts from now on.
create function pg_temp.rate(p_version integer, p_net numeric, p_gross numeric, p_currency text)
returns void language sql as $$
    insert into core.ratings (
        tenant_id, transaction_id, version, reason, engine_version, tariff_version_id,
        tariff_hash, time_zone, currency, started_at, ended_at, energy_wh, charging_s, parking_s,
        reserved_s, total_excl_vat, total_incl_vat, session, result, user_id
    )
    select
        r.tenant_id, r.transaction_id, p_version, 'rerated', r.engine_version,
        r.tariff_version_id, r.tariff_hash, r.time_zone, p_currency, r.started_at, r.ended_at,
        r.energy_wh, r.charging_s, r.parking_s, r.reserved_s, p_net, p_gross, r.session,
        r.result, r.user_id
    from core.ratings as r
    where r.tenant_id = 101 and r.transaction_id = 1001 and r.version = 1;
    update core.transactions as t set rating_version = p_version
    where t.tenant_id = 101 and t.id = 1001;
$$;
create function pg_temp.hold() returns void language sql as $$
    update core.transactions as t
    set state = 'held', hold_reasons = '{readings_missing}', held_at = now()
    where t.tenant_id = 101 and t.id = 1001;
$$;
create function pg_temp.release() returns void language sql as $$
    update core.transactions as t
    set state = 'priced', hold_reasons = null, held_at = null
    where t.tenant_id = 101 and t.id = 1001;
$$;
create function pg_temp.journals() returns setof text language sql as $$
    select concat_ws(' ', j.source_key, e.ledger_account, trim_scale(e.amount), e.currency)
    from core.journals as j
    inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
    where j.tenant_id = 101 and j.transaction_id = 1001
    order by j.id, e.line;
$$;

select results_eq(
    'select pg_temp.journals()', $$values ('1001/1 unbilled 5 EUR'), ('1001/1 revenue -5 EUR')$$,
    'a price is unbilled revenue, net'
);
select is(
    (select j.posted_on from core.journals as j where j.source_key = '1001/1'),
    (
        select (t.ended_at at time zone e.time_zone)::date
        from core.transactions as t, core.legal_entities as e
        where t.tenant_id = 101 and t.id = 1001 and e.tenant_id = 101 and e.id = 1001
    ),
    'on the day on which it ended'
);
select is(jobs.post_ratings(), '', 'posted once there is nothing to do');
select is(
    billing.post_transactions('{101, 101}', '{1001, 1001}'), 0::bigint,
    'not even when it is asked for twice'
);

select pg_temp.rate(2, 7.5, 8.93, 'EUR');
select set_eq(
    'select q.tenant_id, q.transaction_id from ops.ratings_to_post as q',
    'values (101::bigint, 1001::bigint)', 'a new rating waits'
);
select is(jobs.post_ratings(), 'posted 1 journals', 'and is posted');
select results_eq(
    'select pg_temp.journals() offset 2',
    $$values ('1001/2 unbilled 2.5 EUR'), ('1001/2 revenue -2.5 EUR')$$,
    'as the difference'
);
select is((select count(*) from ops.ratings_to_post), 0::bigint, 'and waits no longer');

select pg_temp.hold();
select is(jobs.post_ratings(), 'posted 1 journals', 'one that is held');
select results_eq(
    'select pg_temp.journals() offset 4',
    $$values ('1001/3 unbilled -7.5 EUR'), ('1001/3 revenue 7.5 EUR')$$,
    'is taken back'
);
select pg_temp.release();
select is(jobs.post_ratings(), 'posted 1 journals', 'one that is released');
select results_eq(
    'select pg_temp.journals() offset 6',
    $$values ('1001/4 unbilled 7.5 EUR'), ('1001/4 revenue -7.5 EUR')$$,
    'with the price it had, is posted anew'
);
select is(
    (select j.description from core.journals as j where j.source_key = '1001/4'),
    'Transaction 1001: price 2', 'and says so'
);

select pg_temp.hold();
select pg_temp.release();
select is(
    (select count(*) from ops.ratings_to_post), 2::bigint, 'what comes and goes waits twice'
);
select is(jobs.post_ratings(), '', 'and comes to nothing');

select pg_temp.rate(3, null, 6, 'CHF');
select is(jobs.post_ratings(), 'posted 2 journals', 'another currency');
select set_eq(
    'select pg_temp.journals() offset 8',
    $$values
        ('1001/5 unbilled 6 CHF'), ('1001/5 revenue -6 CHF'),
        ('1001/6 unbilled -7.5 EUR'), ('1001/6 revenue 7.5 EUR')$$,
    'takes back in the one and posts in the other; without a net the gross counts'
);

select pg_temp.rate(4, 0, 0, 'CHF');
select jobs.post_ratings();
select is(
    (
        select sum(abs(s.amount))
        from (
            select sum(e.amount) as amount
            from core.journals as j
            inner join core.ledger_entries as e
                on e.tenant_id = j.tenant_id and e.journal_id = j.id
            where j.tenant_id = 101 and j.transaction_id = 1001
            group by e.ledger_account, e.currency
        ) as s
    ),
    0::numeric, 'free of charge in the end, nothing is left'
);

select pg_temp.rate(5, 1e10, 1e10, 'EUR');
select is(jobs.post_ratings(), '', 'an amount that no invoice can hold is left out');
select is((select count(*) from ops.ratings_to_post), 0::bigint, 'and keeps nobody waiting');

-- The token's contract turns out to be another account's, which a second legal entity bills.
insert into core.legal_entities (tenant_id, id, name, address_line, postal_code, city)
overriding system value values (101, 1009, 'Greenway North GmbH', 'Kai 9', '20095', 'Hamburg');
insert into core.accounts (tenant_id, id, customer_id, legal_entity_id)
overriding system value values (101, 1099, 1001, 1009);
delete from ops.ratings_to_post;
update core.contracts as c set account_id = 1099 where c.tenant_id = 101 and c.id = 1001;
select is(
    (select count(*) from ops.ratings_to_post as q where q.transaction_id = 1001), 1::bigint,
    'a contract that moves has its transactions looked at'
);
select pg_temp.rate(6, 3, 3.57, 'EUR');
select jobs.post_ratings();
select set_eq(
    $$select j.legal_entity_id, trim_scale(sum(e.amount))
    from core.journals as j
    inner join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
    where j.tenant_id = 101 and j.transaction_id = 1001 and e.ledger_account = 'unbilled'
    group by j.legal_entity_id$$,
    'values (1001::bigint, 0::numeric), (1009, 3)',
    'who bills the account has it in the books'
);

insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language
)
overriding system value
values (101, 900001, 1009, 1099, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, transaction_id, rating_version, description,
    includes_vat, vat_rate, amount_excl_vat, amount_incl_vat, rated_excl_vat
)
values (101, 900001, 1, 1099, 'transaction', 1001, 6, 'A session', false, 19, 3, 3.57, 3);
update core.contracts as c set account_id = 1001 where c.tenant_id = 101 and c.id = 1001;
select is(jobs.post_ratings(), '', 'what is on an invoice stays with who wrote it');

insert into core.tenants (id, name, slug, country_code, party_id) overriding system value
values (199, 'Without books', 'without-books', 'DE', 'WOB');
insert into ops.ratings_to_post (tenant_id, transaction_id) values (199, 1);
select is(jobs.post_ratings(), '', 'in a tenant without a legal entity');
select is((select count(*) from ops.ratings_to_post), 1::bigint, 'prices wait for one');
select lives_ok('set constraints all immediate', 'all of it balances');
select * from finish();
rollback;
