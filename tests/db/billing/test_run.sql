-- A billing run: what it bills, skips, holds and credits; begun again it goes on.
begin;
select plan(53);
select tests.act_as_owner();
delete from ops.transactions_to_bill;

-- A calculation, which counts from now on: tax_included, then rate, net and gross of each tax.
create function pg_temp.rate(
    p_id bigint, p_version integer, p_ended_at timestamptz, p_included text, p_taxes text,
    p_currency text default 'EUR'
) returns void language sql as $$
    insert into core.ratings (
        tenant_id, transaction_id, version, reason, engine_version, tariff_version_id,
        tariff_hash, time_zone, currency, started_at, ended_at, energy_wh, charging_s, parking_s,
        reserved_s, total_excl_vat, total_incl_vat, session, result, cdr_head
    )
    select
        101, p_id, p_version, 'rerated', '1', 1001, 'x', 'Europe/Berlin', p_currency,
        p_ended_at - interval '1 hour', p_ended_at, 20000, 3600, 0, 0, t.net, t.gross, '{}',
        jsonb_build_object('tax_included', p_included, 'taxes', t.taxes),
        '{"cdr_location": {"name": "Harbour", "evse_id": "DE*GRW*E1001*1"}}'
    from (
        select
            case when p_taxes <> '' then coalesce(sum(x.net), 0) end as net,
            coalesce(sum(x.gross), 1) as gross,
            coalesce(jsonb_agg(jsonb_build_object(
                'vat', x.vat, 'net', x.net::text, 'tax', (x.gross - x.net)::text,
                'gross', x.gross::text
            )) filter (where x.net is not null), '[]') as taxes
        from (
            select
                nullif(split_part(i.item, ' ', 1), '-')::numeric as vat,
                nullif(split_part(i.item, ' ', 2), '')::numeric as net,
                nullif(split_part(i.item, ' ', 3), '')::numeric as gross
            from string_to_table(p_taxes, ',') as i (item)
        ) as x
    ) as t;
    update core.transactions as t set rating_version = p_version, state = 'priced'
    where t.tenant_id = 101 and t.id = p_id;
$$;
-- A session of a token with its price.
create function pg_temp.charge(
    p_id bigint, p_token_id bigint, p_ended_at timestamptz, p_included text, p_taxes text,
    p_currency text default 'EUR'
) returns void language sql as $$
    insert into core.sessions (
        tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
        id_token_id, authorization_status, started_at, start_received_at, ended_at,
        stop_received_at, meter_start_wh, meter_stop_wh, energy_wh
    )
    overriding system value
    select
        101, p_id, 1001, 'ocpp1.6', 'b' || p_id, 'b' || p_id, 'ended', 'GWTOKEN' || p_token_id,
        p_token_id, 'Accepted', p_ended_at - interval '1 hour', p_ended_at, p_ended_at,
        p_ended_at, 0, 20000, 20000;
    insert into core.transactions (
        tenant_id, id, session_id, state, started_at, ended_at, rating_version
    )
    overriding system value
    values (101, p_id, p_id, 'priced', p_ended_at - interval '1 hour', p_ended_at, 1);
    select pg_temp.rate(p_id, 1, p_ended_at, p_included, p_taxes, p_currency);
$$;
create function pg_temp.accounts(p_run bigint) returns setof text language sql as $$
    select concat_ws(
        ' ', r.account_id, r.outcome, r.reason, r.transactions, r.transactions_held,
        r.credit_notes
    )
    from core.billing_run_accounts as r
    where r.tenant_id = 101 and r.billing_run_id = p_run
    order by r.account_id;
$$;
-- Each line of what a run made, in the order in which it was made.
create function pg_temp.lines(p_run bigint) returns setof text language sql as $$
    select concat_ws(
        ' ', i.kind, i.account_id, l.transaction_id, l.rating_version, l.vat_rate,
        case when l.includes_vat then 'gross' else 'net' end,
        trim_scale(l.amount_excl_vat), trim_scale(l.amount_incl_vat), trim_scale(l.rated_excl_vat)
    )
    from core.invoices as i
    inner join core.invoice_lines as l on l.tenant_id = i.tenant_id and l.invoice_id = i.id
    where i.tenant_id = 101 and i.billing_run_id = p_run
    order by i.kind desc, i.id, l.line;
$$;
create function pg_temp.run_id(p_month date) returns bigint language sql as $$
    select r.id from core.billing_runs as r where r.tenant_id = 101 and r.period_from = p_month;
$$;

-- More accounts: 1101 pays for 1102 and 1103; 1104 is closed; 1105 by the session; 1106 nowhere.
insert into core.customers (tenant_id, id, number, kind, name, email, language)
overriding system value
select 101, c.id, 'B' || c.id, 'company', 'Fleet ' || c.id, 'fleet@depot.example.com', 'de'
from generate_series(1101, 1106) as c (id);
insert into core.customer_addresses (
    tenant_id, customer_id, kind, address_line, postal_code, city, country_code
)
select 101, c.id, 'billing', 'Kai 1', '20457', 'Hamburg', 'DE'
from generate_series(1101, 1105) as c (id);
insert into core.accounts (
    tenant_id, id, number, customer_id, legal_entity_id, currency, payment_method, schedule,
    grace_days, payer_account_id
)
overriding system value
select
    101, c.id, 'B' || c.id, c.id, 1001, 'EUR', 'bank_transfer',
    case when c.id = 1105 then 'session' else 'monthly' end,
    case when c.id = 1101 then 5 end,
    case when c.id in (1102, 1103) then 1101 end
from generate_series(1101, 1106) as c (id);
insert into core.id_tokens (tenant_id, id, id_token)
overriding system value
select 101, c.id, 'FLEET' || c.id from generate_series(1102, 1106) as c (id);
insert into core.contracts (tenant_id, account_id, id_token_id, starts_at)
select 101, c.id, c.id, '2020-01-01T00:00:00Z' from generate_series(1102, 1106) as c (id);
update core.accounts as a set state = 'closed' where a.tenant_id = 101 and a.id = 1104;

select pg_temp.charge(2001, 1001, '2026-02-10T10:00:00Z', 'YES', '19 8.40 10.00');
select pg_temp.charge(2002, 1001, '2026-02-11T10:00:00Z', 'YES', '19 0.84 1.00,7 0.93 1.00');
select pg_temp.charge(2003, 1001, '2026-02-12T10:00:00Z', 'NO', '19 1.00 1.19');
-- The last minute of the month in Berlin, and the first of the next one.
select pg_temp.charge(2004, 1001, '2026-02-28T22:59:00Z', 'NO', '19 2.00 2.38');
select pg_temp.charge(2005, 1001, '2026-02-28T23:00:00Z', 'NO', '19 4.00 4.76');
select pg_temp.charge(2006, 1102, '2026-01-10T10:00:00Z', 'NO', '19 5.00 5.95');
select pg_temp.charge(2007, 1103, '2026-02-10T10:00:00Z', 'NO', '- 0.00 0.00');
select pg_temp.charge(2008, 1103, '2026-02-11T10:00:00Z', 'N/A', '- 3.00 3.00');
select pg_temp.charge(2009, 1103, '2026-02-11T11:00:00Z', 'NO', '19 3.00 3.57', 'SEK');
select pg_temp.charge(2010, 1103, '2026-02-11T12:00:00Z', 'YES', '');
select pg_temp.charge(2011, 1103, '2026-02-11T13:00:00Z', 'NO', '- 3.00 3.00');
select pg_temp.charge(2012, 1104, '2026-02-11T13:00:00Z', 'NO', '19 3.00 3.57');
select pg_temp.charge(2013, 1105, '2026-02-11T13:00:00Z', 'NO', '19 3.00 3.57');
select pg_temp.charge(2014, 1106, '2026-02-11T13:00:00Z', 'NO', '19 3.00 3.57');
select pg_temp.charge(2015, 1003, '2026-02-11T13:00:00Z', 'NO', '19 3.00 3.57');
select is(
    (select count(*) from ops.transactions_to_bill), 15::bigint,
    'what has a price waits to be billed'
);

-- A preview -------------------------------------------------------------------------------

select tests.act_as('greenway.accountant');
select set_eq(
    $$
        select
            p.account_id, p.outcome, p.reason, p.transactions, p.transactions_held,
            p.total_excl_vat, p.total_vat, p.total_incl_vat
        from api.preview_billing_run('2026-02') as p
    $$,
    $$
        values
            (1001::bigint, 'billed', null, 4::bigint, 0::bigint, 13.17, 2.40, 15.57),
            (1002, 'skipped', 'nothing_to_bill', 0, 0, 0, 0, 0),
            (1101, 'billed', null, 3, 3, 8.00, 0.95, 8.95),
            (1104, 'held', 'account_closed', 0, 1, 0, 0, 0),
            (1105, 'skipped', 'billed_per_session', 0, 0, 0, 0, 0),
            (1106, 'held', 'address_missing', 0, 1, 0, 0, 0),
            (null, 'held', 'account_missing', 0, 1, 0, 0, 0)
    $$,
    'a preview says what a run would do'
);
select tests.act_as_owner();
select is(
    (
        select count(*) from core.billing_runs as r where r.tenant_id = 101
        and r.period_from = '2026-02-01'
    ), 0::bigint, 'and writes nothing'
);

-- The run ---------------------------------------------------------------------------------

select is(
    (select r.accounts_waiting from billing.run(101, '2026-02-01') as r), 0,
    'a run bills the accounts of a tenant'
);
select results_eq(
    $$ select pg_temp.lines(pg_temp.run_id('2026-02-01')) $$,
    $$
        values
            ('invoice 1001 2001 1 19.00 gross 8.4 10 8.4'),
            ('invoice 1001 2002 1 19.00 gross 0.84 1 0.84'),
            ('invoice 1001 2002 1 7.00 gross 0.93 1 0.93'),
            ('invoice 1001 2003 1 19.00 net 1 1.19 1'),
            ('invoice 1001 2004 1 19.00 net 2 2.38 2'),
            ('invoice 1101 2006 1 19.00 net 5 5.95 5'),
            ('invoice 1101 2007 1 19.00 net 0 0 0'),
            ('invoice 1101 2008 1 0.00 net 3 3 3')
    $$,
    'by the rating that counts, at its rates; the payer gets those of all its accounts'
);
select results_eq(
    $$ select pg_temp.accounts(pg_temp.run_id('2026-02-01')) $$,
    $$
        values
            ('1001 billed 4 0 0'), ('1002 skipped nothing_to_bill 0 0 0'),
            ('1101 billed 3 3 0'), ('1104 held account_closed 0 1 0'),
            ('1105 skipped billed_per_session 0 0 0'), ('1106 held address_missing 0 1 0')
    $$,
    'and says what became of each account'
);
select set_eq(
    $$
        select h.transaction_id, h.account_id, h.reason
        from core.billing_run_held as h
        where h.tenant_id = 101 and h.billing_run_id = pg_temp.run_id('2026-02-01')
        and h.transaction_id > 2000
    $$,
    $$
        values
            (2009::bigint, 1101::bigint, 'currency_mismatch'), (2010, 1101, 'vat_unknown'),
            (2011, 1101, 'vat_unknown'), (2012, 1104, 'account_closed'),
            (2014, 1106, 'address_missing'), (2015, null, 'account_missing')
    $$,
    'and why a transaction is held'
);
select results_eq(
    $$
        select
            i.account_id, i.occasion, i.period_from, i.period_to, i.state, i.language,
            i.total_excl_vat, i.total_vat, i.total_incl_vat, i.finalise_at - now()
        from core.invoices as i
        where i.tenant_id = 101 and i.billing_run_id = pg_temp.run_id('2026-02-01')
        order by i.account_id
    $$,
    $$
        values
            (
                1001::bigint, 'period', date '2026-02-01', date '2026-03-01', 'draft', 'en',
                13.17, 2.40, 15.57, interval '2 days'
            ),
            (
                1101, 'period', '2026-02-01', '2026-03-01', 'draft', 'de', 8.00, 0.95, 8.95,
                interval '5 days'
            )
    $$,
    'drafts, to the cent what the preview said, that wait for the days of grace'
);
select is(
    (
        select l.description from core.invoice_lines as l
        where l.tenant_id = 101 and l.transaction_id = 2001
    ),
    'Harbour, DE*GRW*E1001*1', 'a line says where'
);
select is(
    (select l.charged_account_id from core.invoice_lines as l where l.transaction_id = 2006),
    1102::bigint, 'and who used it'
);
select is(
    (select r.state from core.billing_runs as r where r.id = pg_temp.run_id('2026-02-01')),
    'done', 'with the last account the run is done'
);
select set_eq(
    $$
        select q.transaction_id from ops.transactions_to_bill as q
        where q.assigned_at is not null and q.tenant_id = 101
    $$,
    array[2005, 2009, 2010, 2011, 2012, 2013, 2014, 2015]::bigint[],
    'what is not billed waits'
);

-- Again -----------------------------------------------------------------------------------

create temporary table before as
select i.id, i.updated_at from core.invoices as i where i.tenant_id = 101;
select is(
    (select r.accounts_waiting from billing.run(101, '2026-02-01') as r), 0, 'run again'
);
select set_eq(
    'select i.id, i.updated_at from core.invoices as i where i.tenant_id = 101',
    'select b.id, b.updated_at from before as b', 'it makes no invoice'
);
select is(
    (
        select count(*) from core.billing_runs as r where r.tenant_id = 101
        and r.period_from = '2026-02-01'
    ), 1::bigint, 'and is the same run'
);
insert into core.customer_addresses (
    tenant_id, customer_id, kind, address_line, postal_code, city, country_code
)
values (101, 1106, 'billing', 'Kai 2', '20457', 'Hamburg', 'DE');
select is(
    (select r.accounts_waiting from billing.run(101, '2026-02-01') as r), 0,
    'with what was missing'
);
select results_eq(
    $$ select pg_temp.lines(pg_temp.run_id('2026-02-01')) offset 8 $$,
    $$ values ('invoice 1106 2014 1 19.00 net 3 3.57 3') $$, 'it bills what it had held'
);
select is(
    (
        select count(*) from core.billing_run_held as h
        where h.tenant_id = 101 and h.billing_run_id = pg_temp.run_id('2026-02-01')
        and h.transaction_id = 2014
    ), 0::bigint, 'which is held no longer'
);
select tests.act_as('greenway.accountant');
select set_eq(
    $$ select p.account_id from api.preview_billing_run('2026-02') as p
       where p.outcome = 'skipped' and p.reason = 'billed_already' $$,
    array[1001, 1101, 1106]::bigint[], 'and a preview says who has the invoice of the month'
);
select tests.act_as_owner();
delete from core.invoices as i where i.tenant_id = 101 and i.account_id = 1106;
select is(
    (
        select array_agg(distinct q.transaction_id) from ops.transactions_to_bill as q
        where q.assigned_at is null and q.transaction_id > 2000
    ), array[2014]::bigint[], 'what was on a deleted draft waits again'
);
select lives_ok($$ select billing.run(101, '2026-02-01') $$, 'and with the next call');
select results_eq(
    $$ select pg_temp.lines(pg_temp.run_id('2026-02-01')) offset 8 $$,
    $$ values ('invoice 1106 2014 1 19.00 net 3 3.57 3') $$, 'is billed'
);

-- By the session ----------------------------------------------------------------------------

select pg_temp.charge(2016, 1105, '2026-02-20T13:00:00Z', 'NO', '19 1.00 1.19');
select is(jobs.bill_sessions(), '2 invoices', 'who pays by the session gets an invoice for each');
select set_eq(
    $$
        select l.transaction_id, i.occasion, i.total_incl_vat, i.finalise_at - now()
        from core.invoices as i
        inner join core.invoice_lines as l on l.tenant_id = i.tenant_id and l.invoice_id = i.id
        where i.tenant_id = 101 and i.account_id = 1105
    $$,
    $$
        values
            (2013::bigint, 'session', 3.57, interval '0'), (2016, 'session', 1.19, interval '0')
    $$,
    'to be finalised at once'
);
select is(jobs.bill_sessions(), '', 'once');

-- Drafts and corrections --------------------------------------------------------------------

select pg_temp.rate(2003, 2, '2026-02-12T10:00:00Z', 'NO', '19 1.50 1.79');
select lives_ok($$ select billing.run(101, '2026-03-01') $$, 'rated again while it is a draft');
select results_eq(
    $$ select pg_temp.lines(pg_temp.run_id('2026-02-01')) limit 4 $$,
    $$
        values
            ('invoice 1001 2001 1 19.00 gross 8.4 10 8.4'),
            ('invoice 1001 2002 1 19.00 gross 0.84 1 0.84'),
            ('invoice 1001 2002 1 7.00 gross 0.93 1 0.93'),
            ('invoice 1001 2004 1 19.00 net 2 2.38 2')
    $$,
    'a line leaves the draft'
);
select results_eq(
    $$ select pg_temp.lines(pg_temp.run_id('2026-03-01')) $$,
    $$
        values
            ('invoice 1001 2003 2 19.00 net 1.5 1.79 1.5'),
            ('invoice 1001 2005 1 19.00 net 4 4.76 4')
    $$,
    'and the new price goes on the invoice of the run, with what ended since'
);
select billing.finalise_invoices(101, array(
    select i.id from core.invoices as i
    where i.tenant_id = 101 and i.billing_run_id = pg_temp.run_id('2026-02-01')
));
select pg_temp.rate(2001, 2, '2026-02-10T10:00:00Z', 'YES', '19 4.20 5.00');
select pg_temp.rate(2002, 2, '2026-02-11T10:00:00Z', 'YES', '19 0.84 1.00,7 0.93 1.00');
update core.transactions as t
set state = 'written_off', written_off_version = 1, written_off_at = now()
where t.tenant_id = 101 and t.id = 2006;
update core.transactions as t
set state = 'held', hold_reasons = '{readings_missing}', held_at = now()
where t.tenant_id = 101 and t.id = 2008;
select tests.act_as('greenway.accountant');
select set_eq(
    $$
        select p.account_id, p.transactions, p.credit_notes, p.total_incl_vat
        from api.preview_billing_run('2026-04') as p
        where p.outcome = 'billed'
    $$,
    $$ values (1001::bigint, 2::bigint, 1::bigint, 7.00), (1101, 0, 1, 0) $$,
    'a preview counts what would be corrected'
);
select tests.act_as_owner();
select lives_ok($$ select billing.run(101, '2026-04-01') $$, 'after they are finalised');
select results_eq(
    $$ select pg_temp.lines(pg_temp.run_id('2026-04-01')) $$,
    $$
        values
            ('invoice 1001 2001 2 19.00 gross 4.2 5 4.2'),
            ('invoice 1001 2002 2 19.00 gross 0.84 1 0.84'),
            ('invoice 1001 2002 2 7.00 gross 0.93 1 0.93'),
            ('credit_note 1001 2001 1 19.00 gross 8.4 10 8.4'),
            ('credit_note 1001 2002 1 19.00 gross 0.84 1 0.84'),
            ('credit_note 1001 2002 1 7.00 gross 0.93 1 0.93'),
            ('credit_note 1101 2006 1 19.00 net 5 5.95 5')
    $$,
    'the new price is billed and the old one credited, what is held waits for a decision'
);
select results_eq(
    $$
        select i.account_id, i.occasion, i.reason, o.period_from, i.total_incl_vat
        from core.invoices as i
        inner join core.invoices as o
            on o.tenant_id = i.tenant_id and o.id = i.credited_invoice_id
        where i.tenant_id = 101 and i.billing_run_id = pg_temp.run_id('2026-04-01')
        order by i.account_id
    $$,
    $$
        values
            (
                1001::bigint, 'correction', 'Corrected charging sessions', date '2026-02-01',
                12.00
            ),
            (1101, 'correction', 'Berichtigte Ladevorgänge', '2026-02-01', 5.95)
    $$,
    'one credit note for each invoice, in the language of the customer'
);
select results_eq(
    $$ select pg_temp.accounts(pg_temp.run_id('2026-04-01')) $$,
    $$
        values
            ('1001 billed 2 0 1'), ('1002 skipped nothing_to_bill 0 0 0'),
            ('1101 billed 0 3 1'), ('1104 held account_closed 0 1 0'),
            ('1105 skipped billed_per_session 0 0 0'),
            ('1106 skipped nothing_to_bill 0 0 0')
    $$,
    'which the report counts'
);
select is(
    (
        select h.reason from core.billing_run_held as h
        where h.billing_run_id = pg_temp.run_id('2026-04-01') and h.transaction_id = 2008
    ), 'transaction_held', 'and what is held after it was billed'
);
select isnt_empty(
    $$
        select billing.finalise_invoices(101, array(
            select i.id from core.invoices as i
            where i.tenant_id = 101 and i.billing_run_id = pg_temp.run_id('2026-04-01')
        ))
    $$, 'they are finalised'
);
select lives_ok($$ select billing.run(101, '2026-05-01') $$, 'the next run');
select is_empty(
    $$ select pg_temp.lines(pg_temp.run_id('2026-05-01')) $$, 'credits nothing twice'
);
select is(
    (select count(*) from ops.transactions_to_bill as q where q.credited_account_id is not null),
    0::bigint, 'nothing waits to be credited'
);

-- Reverse charge ------------------------------------------------------------------------------

update core.accounts as a set tax_treatment = 'exempt', tax_exemption_reason = 'Article 151'
where a.tenant_id = 101 and a.id = 1101;
select pg_temp.charge(2017, 1102, '2026-06-10T10:00:00Z', 'YES', '19 8.40 10.00,7 0.93 1.00');
select pg_temp.charge(2018, 1102, '2026-06-11T10:00:00Z', 'NO', '- 3.00 3.00');
select lives_ok($$ select billing.run(101, '2026-06-01') $$, 'who pays no VAT');
select results_eq(
    $$ select pg_temp.lines(pg_temp.run_id('2026-06-01')) $$,
    $$
        values
            ('invoice 1101 2017 1 0.00 net 9.33 9.33 9.33'),
            ('invoice 1101 2018 1 0.00 net 3 3 3'),
            ('invoice 1101 2011 1 0.00 net 3 3 3')
    $$,
    'pays the net, in one line'
);

-- Another payer ---------------------------------------------------------------------------------

select billing.finalise_invoices(101, array(
    select i.id from core.invoices as i
    where i.tenant_id = 101 and i.billing_run_id = pg_temp.run_id('2026-06-01')
));
update core.accounts as a set payer_account_id = 1001 where a.tenant_id = 101 and a.id = 1102;
select pg_temp.rate(2017, 2, '2026-06-10T10:00:00Z', 'YES', '19 4.20 5.00');
select lives_ok(
    $$ select billing.run(101, '2026-07-01', null, 1) from generate_series(1, 8) $$,
    'accounts come one after the other'
);
select results_eq(
    $$ select pg_temp.lines(pg_temp.run_id('2026-07-01')) $$,
    $$
        values
            ('invoice 1001 2017 2 19.00 gross 4.2 5 4.2'),
            ('credit_note 1101 2017 1 0.00 net 9.33 9.33 9.33')
    $$,
    'the one that pays now is billed, and the one that paid before is credited'
);

-- Who may ---------------------------------------------------------------------------------------

select tests.act_as('greenway.viewer');
select is_empty($$ select r.id from api.billing_runs as r $$, 'without billing.read one sees none');
select throws_ok(
    $$ select api.start_billing_run('2026-02') $$, 'PT403', null, 'nor begun'
);
select throws_ok(
    $$ select api.preview_billing_run('2026-02') $$, 'PT403', null, 'nor previewed'
);
select tests.act_as('bluecharge.accountant');
select is_empty(
    $$ select r.id from api.billing_runs as r where r.tenant_id = 101 $$, 'nor by another tenant'
);
select is_empty(
    $$
        select p.account_id from api.preview_billing_run('2026-02') as p where p.account_id < 2000
    $$,
    'whose preview is its own'
);
select tests.act_as('greenway.accountant');
select results_eq(
    $$
        select r.state, r.accounts, r.accounts_held, r.transactions, r.invoices, r.credit_notes,
            r.totals
        from api.billing_runs as r where r.period_from = '2026-04-01'
    $$,
    $$
        values (
            'done', 6::bigint, 1::bigint, 2::bigint, 1::numeric, 2::numeric,
            '{"EUR": {"total_excl_vat": "-9.2", "total_incl_vat": "-10.95"}}'::jsonb
        )
    $$,
    'an accountant sees what a run did'
);
select throws_ok(
    $$ select api.start_billing_run('2026-13') $$, 'PT400', null, 'a period is a month'
);
select throws_ok(
    $$ select api.start_billing_run(to_char(now() + interval '1 month', 'YYYY-MM')) $$, 'PT409',
    null, 'that is over'
);
select is(
    (select r.state from api.start_billing_run('2025-12') as r), 'running', 'it begins'
);
select tests.act_as_login('jobs');
select matches(jobs.run_billing(), '^billed \d+ accounts$', 'and the job bills');
select tests.act_as('greenway.accountant');
select is(
    (select r.state from api.billing_runs as r where r.period_from = '2025-12-01'), 'done',
    'until it is done'
);
select * from finish();
rollback;
