-- Budgets: who reads and writes them, what is used of them, and the start that they refuse.
begin;
select plan(37);

-- Who --------------------------------------------------------------------------------------

select tests.act_as('greenway.viewer');
select set_eq(
    $$ select b.id from api.budgets as b $$, array[1001::bigint, 1002],
    'staff see their tenant''s budgets'
);
select throws_ok(
    $$ insert into api.budgets (id_token_id, per, max_energy_wh) values (1003, 'day', 1) $$,
    'PT403', 'your role lacks the permission tariffs.write', 'and write none without the permission'
);
select throws_ok($$ update api.budgets set is_enabled = false $$, 'PT403', null, 'change none');
select throws_ok($$ delete from api.budgets $$, 'PT403', null, 'and remove none');
select tests.act_as('greenway.customer');
select set_eq(
    $$ select b.id from api.budgets as b $$, array[1001::bigint], 'a driver sees their own'
);
select throws_ok(
    $$ update api.budgets set max_amount = 5 $$, '42501', null, 'and does not raise it'
);
select tests.act_as('greenway.driver2');
select set_eq(
    $$ select b.id from api.budgets as b $$, array[1002::bigint], 'and that of their token'
);
select tests.act_as('bluecharge.platform_admin');
select set_eq(
    $$ select b.id from api.budgets as b $$, array[1001::bigint, 1002, 2001, 2002],
    'the platform sees all'
);
select tests.act_as_anonymous();
select throws_ok($$ select from api.budgets $$, '42501', null, 'nobody else sees any');

select tests.act_as('greenway.operator');
select results_eq(
    $$ insert into api.budgets (id_token_id, per, max_energy_wh, max_amount, currency)
       values (1003, 'day', 20000, 12.50, 'EUR')
       returning tenant_id, is_enabled, used_energy_wh, used_amount $$,
    $$ values (101::bigint, true, 0::numeric, 0::numeric) $$,
    'an operator adds one, of which nothing is used'
);
select throws_ok(
    $$ insert into api.budgets (id_token_id, per, max_energy_wh) values (2003, 'day', 1) $$,
    '23503', null, 'but none for another tenant''s token'
);
select throws_ok(
    $$ insert into api.budgets (tenant_id, id_token_id, per, max_energy_wh)
       values (102, 2003, 'day', 1) $$,
    '42501', null, 'nor in another tenant'
);
select is_empty(
    $$ update api.budgets set is_enabled = false where id = 2001 returning id $$,
    'another tenant''s is not there to be changed'
);
select throws_ok(
    $$ insert into api.budgets (id_token_id, per, max_energy_wh) values (1003, 'day', 1) $$,
    '23505', null, 'a token has one budget a day'
);
select throws_ok(
    $$ insert into api.budgets (id_token_id, per) values (1003, 'month') $$,
    '23514', null, 'a budget has a limit'
);
select throws_ok(
    $$ insert into api.budgets (id_token_id, per, max_amount) values (1003, 'month', 5) $$,
    '23514', null, 'one in money has a currency'
);
select throws_ok(
    $$ insert into api.budgets (id_token_id, per, max_amount, currency)
       values (1003, 'month', 'NaN', 'EUR') $$,
    '23514', null, 'and a number, which can be reached'
);
select throws_ok(
    $$ insert into api.budgets (per, max_energy_wh) values ('month', 5) $$,
    '23514', null, 'and it is somebody''s'
);
select throws_ok(
    $$ update api.budgets set used_amount = 0 $$, '0A000', null, 'what is used cannot be written'
);

-- What is used -----------------------------------------------------------------------------

-- The tenant's days are Berlin's: midnight there is 22:00 UTC in summer and 23:00 in winter.
select tests.act_as_owner();
update core.tenants set time_zone = 'Europe/Berlin' where id = 101;
create function pg_temp.add(
    p_started_at timestamptz, p_energy_wh numeric, p_state text, p_amount numeric, p_currency text
)
returns bigint language plpgsql as $$
declare
    v_id bigint;
    v_transaction_id bigint;
begin
    insert into core.sessions (
        tenant_id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
        id_token_id, user_id, started_at, ended_at, energy_wh
    )
    values (
        101, 1001, 'ocpp1.6', gen_random_uuid()::text, gen_random_uuid()::text, 'ended',
        'GWTOKEN3', 1003, tests.user_id_of('greenway.driver2'), p_started_at,
        p_started_at + interval '1 hour', p_energy_wh
    )
    returning id into v_id;
    insert into core.session_costs (
        tenant_id, session_id, energy_wh, currency, total_excl_vat, total_incl_vat, result, as_of,
        session_updated_at
    )
    values (101, v_id, p_energy_wh, p_currency, p_amount, p_amount * 1.19, '{}', now(), now());
    if p_state = 'running' then
        return v_id;
    end if;
    insert into core.transactions (
        tenant_id, session_id, state, rating_version, hold_reasons, held_at
    )
    values (
        101, v_id, p_state, case p_state when 'priced' then 1 end,
        case p_state when 'held' then '{energy_missing}'::text[] end,
        case p_state when 'held' then now() end
    )
    returning id into v_transaction_id;
    if p_state = 'priced' then
        insert into core.ratings (
            tenant_id, transaction_id, version, reason, engine_version, tariff_version_id,
            tariff_hash, time_zone, currency, started_at, ended_at, energy_wh, charging_s,
            parking_s, reserved_s, total_excl_vat, total_incl_vat, session, result
        )
        values (
            101, v_transaction_id, 1, 'ended', '1', 1001, repeat('0', 64), 'Europe/Berlin',
            p_currency, p_started_at, p_started_at + interval '1 hour', p_energy_wh, 3600, 0, 0,
            p_amount, p_amount * 1.2, '{}', '{}'
        );
    end if;
    return v_id;
end;
$$;
create function pg_temp.used(p_budget_id bigint, p_at timestamptz, p_session_id bigint default null)
returns text language sql as $$
    select concat_ws(' ', u.energy_wh, trim_scale(u.amount))
    from core.budgets as b
    cross join lateral pricing.get_budget_use(b, p_at, p_session_id) as u
    where b.tenant_id = 101 and b.id = p_budget_id;
$$;
delete from core.budgets
where id_token_id = 1003 or user_id = tests.user_id_of('greenway.driver2');
insert into core.budgets (
    tenant_id, id, id_token_id, user_id, per, max_energy_wh, max_amount, currency
)
overriding system value
values
    (101, 601, 1003, null, 'month', 10000000, 100, 'EUR'),
    (101, 602, null, tests.user_id_of('greenway.driver2'), 'day', null, 100, 'EUR'),
    (101, 603, 1003, null, 'session', 5000, 100, 'EUR');
create temporary table one as
select pg_temp.add('2020-07-14 21:59:00+00', 1000, 'priced', 10, 'EUR') as id;
select pg_temp.add('2020-07-14 22:00:00+00', 2000, 'priced', 20, 'EUR');
select is(
    pg_temp.used(602, '2020-07-14 12:00:00+00'), '1000 12', 'a priced session counts with its price'
);
select is(
    pg_temp.used(602, '2020-07-15 12:00:00+00'), '2000 24',
    'in the day in which it began, by the clock of the tenant'
);
select is(pg_temp.used(601, '2020-07-31 21:59:59+00'), '3000 36', 'a month has both');
select is(pg_temp.used(601, '2020-07-31 22:00:00+00'), '0 0', 'the next has none');
select pg_temp.add('2020-07-15 01:00:00+00', 400, 'running', 1, 'EUR');
select is(
    pg_temp.used(602, '2020-07-15 12:00:00+00'), '2400 25.19', 'a running one with its live cost'
);
select pg_temp.add('2020-07-15 02:00:00+00', 500, 'held', 2, 'EUR');
select is(pg_temp.used(602, '2020-07-15 12:00:00+00'), '2900 27.57', 'a held one with its last');
select pg_temp.add('2020-07-15 03:00:00+00', 600, 'written_off', 4, 'EUR');
select is(
    pg_temp.used(602, '2020-07-15 12:00:00+00'), '3500 27.57',
    'one that is written off costs nothing'
);
select pg_temp.add('2020-07-15 04:00:00+00', 700, 'priced', 8, 'CHF');
select is(
    pg_temp.used(602, '2020-07-15 12:00:00+00'), '4200 27.57', 'nor one in another currency'
);
select is(pg_temp.used(603, now(), (select id from one)), '1000 12', 'a session alone');
select is(pg_temp.used(603, now()), '', 'is asked for by its number');

-- In the Azores the clock goes back from one to midnight, in Santiago on from midnight to one.
create function pg_temp.period(p_budget_id bigint, p_at timestamptz)
returns text language sql as $$
    select concat_ws(' ', u.starts_at at time zone 'UTC', u.ends_at at time zone 'UTC')
    from core.budgets as b
    cross join lateral pricing.get_budget_use(b, p_at, null) as u
    where b.tenant_id = 101 and b.id = p_budget_id;
$$;
update core.tenants set time_zone = 'Atlantic/Azores' where id = 101;
select is(
    pg_temp.period(602, '2020-10-25 00:30:00+00'), '2020-10-25 00:00:00 2020-10-26 01:00:00',
    'a day with two midnights begins with the first'
);
update core.tenants set time_zone = 'America/Santiago' where id = 101;
select is(
    pg_temp.period(602, '2020-09-06 12:00:00+00'), '2020-09-06 04:00:00 2020-09-07 03:00:00',
    'one without begins at one, and ends at midnight'
);
select is(
    pg_temp.period(601, '2020-09-06 12:00:00+00'), '2020-09-01 04:00:00 2020-10-01 03:00:00',
    'a month ends by the clock of its end'
);
update core.tenants set time_zone = 'Europe/Berlin' where id = 101;

-- A start ----------------------------------------------------------------------------------

create function pg_temp.judge(p_source text, p_at timestamptz, p_token bigint default 1003)
returns text language sql as $$
    select j.status || ' ' || j.reason
    from core.id_tokens as t
    cross join lateral charging.judge_id_token(
        case when t.tenant_id = 101 then 1001 else 2001 end, t, p_source, p_at, null
    ) as j
    where t.id = p_token;
$$;
select is(
    pg_temp.judge('start', '2020-07-15 12:00:00+00'), 'Accepted accepted',
    'with something left a session may begin'
);
update core.budgets set max_energy_wh = 5200 where id = 601;
select is(
    pg_temp.judge('start', '2020-07-15 12:00:00+00'), 'Blocked budget_exhausted',
    'with nothing left it may not'
);
select is(
    pg_temp.judge('authorize', '2020-07-15 12:00:00+00'), 'Accepted accepted',
    'a card that is shown may be meant to end one'
);
select is(
    pg_temp.judge('start', '2020-08-15 12:00:00+00'), 'Accepted accepted',
    'the next month is another'
);
update core.budgets set is_enabled = false where id = 601;
select is(
    pg_temp.judge('start', '2020-07-15 12:00:00+00'), 'Accepted accepted',
    'a budget that is switched off refuses nothing'
);

select * from finish();
rollback;
