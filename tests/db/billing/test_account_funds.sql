-- What an account has and owes, and who may charge on it.
begin;
select plan(24);

select tests.act_as_owner();
create function pg_temp.judge(p_id_token text)
returns text
language sql
as $$
    select j.status || ' ' || j.reason
    from core.id_tokens as t
    cross join lateral charging.judge_id_token(1001, t, 'start', now(), null) as j
    where t.tenant_id = 101 and t.id_token = p_id_token;
$$;
create function pg_temp.post(p_account_id bigint, p_ledger_account text, p_amount numeric)
returns void
language plpgsql
as $$
declare
    v_id bigint;
begin
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
        (101, v_id, 1, 1001, p_ledger_account, p_account_id, p_amount, 'EUR', current_date),
        (101, v_id, 2, 1001, 'suspense', null, -p_amount, 'EUR', current_date);
end;
$$;

delete from core.id_token_rights where tenant_id = 101;
update core.id_tokens set max_concurrent_transactions = 0 where tenant_id = 101;

-- Accounts of their own: 1008 postpaid with token 1001, 1009 prepaid with token 1002; a session of
-- each token, the first one priced, the second one runs.
insert into core.accounts (tenant_id, id, customer_id, kind)
overriding system value
values (101, 1008, 1001, 'postpaid'), (101, 1009, 1002, 'prepaid');
delete from core.contracts where tenant_id = 101;
insert into core.contracts (tenant_id, account_id, id_token_id, starts_at)
values (101, 1008, 1001, now() - interval '1 hour'), (101, 1009, 1002, now() - interval '1 hour');
insert into core.sessions (
    tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
    id_token_id, user_id, authorization_status, started_at, start_received_at, ended_at,
    stop_received_at, meter_start_wh, meter_stop_wh, energy_wh
)
overriding system value
select
    s.tenant_id, s.id + 7, s.charge_point_id, s.protocol, (s.id + 7)::text, 'start-' || s.id + 7,
    case when s.id = 1001 then 'ended' else 'active' end, s.id_token, s.id_token_id, s.user_id,
    'Accepted', now() - interval '1 hour', now() - interval '1 hour',
    case when s.id = 1001 then now() end, case when s.id = 1001 then now() end, 1000, 2000, 1000
from core.sessions as s
where s.tenant_id = 101 and s.id in (1001, 1002);
select pricing.set_session_tariff(s)
from core.sessions as s
where s.tenant_id = 101 and s.id = 1008;
select pricing.rate_sessions(array[101], array[1008]);
update core.transactions as t
set state = 'priced', hold_reasons = null, hold_details = null, held_at = null
where t.tenant_id = 101 and t.session_id = 1008;
create temporary table rated as
select r.total_incl_vat, t.id
from core.transactions as t
inner join core.ratings as r
    on r.tenant_id = t.tenant_id and r.transaction_id = t.id and r.version = t.rating_version
where t.tenant_id = 101 and t.session_id = 1008;

select results_eq(
    'select f.account_id, f.currency, f.wallet, f.receivable, f.drafted, f.running, f.available
    from billing.account_funds(101, 1008) as f',
    $$values (1008::bigint, 'EUR', 0::numeric, 0::numeric, 0::numeric, 0::numeric, null::numeric)$$,
    'a postpaid account without a limit has any amount'
);
select results_eq(
    'select f.unbilled from billing.account_funds(101, 1008) as f',
    'select r.total_incl_vat from rated as r where r.total_incl_vat > 0',
    'what is priced and on no invoice is unbilled, with VAT'
);
update core.transactions as t
set state = 'held', hold_reasons = '{readings_missing}', held_at = now()
where t.tenant_id = 101 and t.id = (select r.id from rated as r);
select is(
    (select f.unbilled from billing.account_funds(101, 1008) as f), 0::numeric,
    'what is held is not'
);
update core.transactions as t
set state = 'priced', hold_reasons = null, held_at = null
where t.tenant_id = 101 and t.id = (select r.id from rated as r);
select is(
    (select f.account_id from billing.account_funds(101, 2001) as f), null,
    'another tenant''s account is not there'
);
select is(pg_temp.judge('GWTOKEN1'), 'Accepted accepted', 'so its token may charge');
select is(pg_temp.judge('GWTOKEN3'), 'Accepted accepted', 'and so may one that is nobody''s');
select is(
    pg_temp.judge('GWTOKEN2'), 'Blocked no_credit', 'a wallet without anything in it pays nothing'
);

update core.accounts set credit_limit = 5 where tenant_id = 101 and id = 1009;
select is(
    (select f.available from billing.account_funds(101, 1009) as f), 5::numeric,
    'unless it may be overdrawn'
);
update core.accounts set credit_limit = null where tenant_id = 101 and id = 1009;
select pg_temp.post(1009, 'wallets', -20);
select results_eq(
    'select f.wallet, f.available from billing.account_funds(101, 1009) as f',
    'values (20::numeric, 20::numeric)', 'what was paid in is in the wallet'
);
select is(pg_temp.judge('GWTOKEN2'), 'Accepted accepted', 'and may be charged');

-- A session that runs: its live cost is as good as spent.
insert into core.session_costs (
    tenant_id, session_id, energy_wh, currency, total_excl_vat, total_incl_vat, result, as_of,
    session_updated_at
)
values (101, 1009, 1000, 'EUR', 10, 12.5, '{}', now(), now());
select results_eq(
    'select f.running, f.available from billing.account_funds(101, 1009) as f',
    'values (12.5::numeric, 7.5::numeric)', 'what runs is spent already'
);
update core.session_costs set total_incl_vat = 20 where tenant_id = 101 and session_id = 1009;
select is(
    pg_temp.judge('GWTOKEN2'), 'Blocked no_credit', 'down to nothing left'
);
select is(
    (select j.reason
     from core.id_tokens as t
     cross join lateral charging.judge_id_token(1001, t, 'authorize', now(), null) as j
     where t.tenant_id = 101 and t.id = 1002),
    'accepted', 'a card that is shown, perhaps to end a session, is not refused'
);
update core.session_costs set currency = 'SEK' where tenant_id = 101 and session_id = 1009;
select is(
    (select f.running from billing.account_funds(101, 1009) as f), 0::numeric,
    'another currency does not count'
);

update core.accounts set credit_limit = 10 where tenant_id = 101 and id = 1008;
select is(
    (select f.available from billing.account_funds(101, 1008) as f),
    (select 10 - r.total_incl_vat from rated as r),
    'of a limit there is left what is neither open nor unbilled'
);
select is(pg_temp.judge('GWTOKEN1'), 'Accepted accepted', 'within it one may charge');
select pg_temp.post(1008, 'receivables', 9.9);
select is(
    (select f.receivable from billing.account_funds(101, 1008) as f), 9.9::numeric,
    'open invoices count'
);
select is(pg_temp.judge('GWTOKEN1'), 'Blocked no_credit', 'beyond it not');

-- Who pays for another.
update core.accounts set payer_account_id = 1009 where tenant_id = 101 and id = 1008;
select results_eq(
    'select f.account_id, f.wallet from billing.account_funds(101, 1008) as f',
    'values (1009::bigint, 20::numeric)', 'of an account that another pays for it is the payer''s'
);
select results_eq(
    'select f.unbilled from billing.account_funds(101, 1009) as f',
    'select r.total_incl_vat from rated as r',
    'with what the other one charged'
);
select is(pg_temp.judge('GWTOKEN1'), 'Accepted accepted', 'the payer''s wallet lets it charge');
update core.accounts set state = 'blocked' where tenant_id = 101 and id = 1009;
select is(pg_temp.judge('GWTOKEN1'), 'Blocked no_credit', 'a payer that is blocked does not');
update core.accounts set state = 'active' where tenant_id = 101 and id = 1009;
update core.accounts set state = 'closed' where tenant_id = 101 and id = 1008;
select is(pg_temp.judge('GWTOKEN1'), 'Blocked no_credit', 'nor an account that is closed');

-- The same rule for one token and for many transactions.
select results_eq(
    'select billing.find_account(t.tenant_id, s.id_token_id, t.user_id, t.started_at)
    from core.transactions as t
    inner join core.sessions as s on s.tenant_id = t.tenant_id and s.id = t.session_id
    where t.tenant_id in (101, 102) order by t.id',
    'select x.account_id from billing.transaction_accounts as x
    inner join core.transactions as t on t.tenant_id = x.tenant_id and t.id = x.transaction_id
    where t.tenant_id in (101, 102) and t.session_id is not null order by t.id',
    'one token and many transactions find the same account'
);

select tests.reset();
select * from finish();
rollback;
