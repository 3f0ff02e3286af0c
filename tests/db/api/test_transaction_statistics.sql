-- Statistics through the API: who is told what, empty groups, running sessions, refusals.
-- That the figures are right whatever changed is tests/db/report/test_figures.py.
begin;
select plan(25);

select tests.act_as_owner();
-- A month in the past of which all is known: an EVSE that was there from the 10th on.
update core.evses set created_at = '2026-01-10T00:00:00+01' where id in (1001, 1002);
update core.evses set created_at = '2026-01-10T00:00:00+01' where id in (2001, 2002);
insert into core.sessions (
    tenant_id, id, charge_point_id, evse_id, protocol, transaction_id, start_key, state,
    id_token_id, user_id, authorization_status, started_at, ended_at, energy_wh
)
overriding system value
select
    t.tenant_id, t.id + 500 + v.n, t.id, t.id, 'ocpp1.6', 'x' || v.n, 'x' || v.n, 'ended', t.id,
    t.user_id, v.status, v.started_at::timestamptz, v.ended_at::timestamptz, v.energy_wh
from core.id_tokens as t
cross join (
    values
        (1, 'Accepted', '2026-01-11T10:00:00+01', '2026-01-11T11:00:00+01', 5000),
        -- Over midnight: it counts on the 12th, and occupies both days.
        (2, 'Accepted', '2026-01-11T23:00:00+01', '2026-01-12T02:00:00+01', 0),
        (3, 'Blocked', '2026-01-12T12:00:00+01', '2026-01-12T12:01:00+01', 0),
        (4, 'Accepted', '2026-01-12T13:00:00+01', '2026-01-12T14:00:00+01', null)
) as v (n, status, started_at, ended_at, energy_wh)
where t.id in (1001, 2001);
select tests.act_as_login('jobs');
select matches(
    jobs.refresh_facts(), '^counted [0-9]+ sessions and reservations$', 'the job says what it did'
);
select is(jobs.refresh_facts(), '', 'and nothing when there is nothing to do');

select tests.act_as('greenway.viewer');
select results_eq(
    $$ select s.period_start, s.period_end, s.currency, s.sessions, s.successful, s.failed,
           s.refused, s.unknown, s.success_rate, s.waiting, s.unbilled_energy_wh, s.transactions
       from api.transaction_statistics('2026-01-09', '2026-01-13') as s $$,
    $$ values
        (date '2026-01-09', date '2026-01-09', 'EUR', 0::bigint, 0::bigint, 0::bigint, 0::bigint,
            0::bigint, null::numeric, 0::bigint, 0::numeric, 0::bigint),
        ('2026-01-10', '2026-01-10', 'EUR', 0, 0, 0, 0, 0, null, 0, 0, 0),
        ('2026-01-11', '2026-01-11', 'EUR', 1, 1, 0, 0, 0, 1.0000, 1, 5000, 0),
        ('2026-01-12', '2026-01-12', 'EUR', 3, 0, 1, 1, 1, 0.0000, 2, 0, 0),
        ('2026-01-13', '2026-01-13', 'EUR', 0, 0, 0, 0, 0, null, 0, 0, 0) $$,
    'a day has its row whether or not something happened; refused and unknown are no failures'
);
select results_eq(
    $$ select s.evses, s.available_s, s.occupied_s, s.utilisation
       from api.transaction_statistics('2026-01-09', '2026-01-13', charge_point_id => 1001) as s $$,
    $$ values
        (null::bigint, null::numeric, null::numeric, null::numeric),
        (1, 86400.000, 0.000, 0.0000),
        (1, 86400, 7200, 0.0833),
        (1, 86400, 10860, 0.1257),
        (1, 86400, 0, 0) $$,
    'occupation is cut at midnight, and before it was there an EVSE could do nothing'
);
select results_eq(
    $$ select s.group_id, s.group_name, s.sessions, s.evses, s.available_s, s.occupied_s
       from api.transaction_statistics('2026-01-09', '2026-01-13', 'site') as s $$,
    $$ values
        ('1001', 'Depot', 4::bigint, 1::bigint, 345600.000, 18060.000),
        (null, null, 0, 1, 345600, 0) $$,
    'by site, with a group of what has none'
);
select results_eq(
    $$ select s.group_id, s.group_name, s.sessions
       from api.transaction_statistics('2026-01-09', '2026-01-13', 'evse') as s $$,
    $$ values ('1001', 'DE*GRW*E1001*1', 4::bigint), ('1002', 'DE*GRW*E1002*1', 0) $$,
    'an EVSE that nobody used has its row'
);
select results_eq(
    $$ select s.group_name, s.period_start, s.period_end, s.sessions, s.occupied_s
       from api.transaction_statistics('2026-01-09', '2026-01-13', 'customer') as s $$,
    $$ values ('Greenway Customer', date '2026-01-09', date '2026-01-13', 4::bigint,
        null::numeric) $$,
    'a person has sessions and no utilisation'
);
select results_eq(
    $$ select s.period_start, s.period_end, s.sessions
       from api.transaction_statistics('2026-01-09', '2026-01-13', 'week') as s $$,
    $$ values (date '2026-01-09', date '2026-01-11', 1::bigint), ('2026-01-12', '2026-01-13', 3) $$,
    'weeks begin on Monday and are cut to what was asked for'
);
select results_eq(
    $$ select s.period_start, s.period_end, s.sessions
       from api.transaction_statistics('2026-01-09', '2026-02-13', 'month') as s $$,
    $$ values (date '2026-01-09', date '2026-01-31', 4::bigint), ('2026-02-01', '2026-02-13', 0) $$,
    'and so are months'
);
select is_empty(
    $$ select from api.transaction_statistics('2026-01-09', '2026-01-13', charge_point_id => 2001)
           as s
       where s.sessions > 0 or s.evses > 0 $$,
    'another tenant''s charge point is none'
);
select tests.act_as('bluecharge.operator');
select results_eq(
    $$ select s.group_name, s.sessions
       from api.transaction_statistics('2026-01-09', '2026-01-13', 'evse') as s $$,
    $$ values ('NL*BLU*E2001*1', 4::bigint), ('NL*BLU*E2002*1', 0) $$,
    'each tenant is told of its own'
);
select tests.act_as('greenway.platform_admin');
select results_eq(
    $$ select s.group_name, s.sessions
       from api.transaction_statistics('2026-01-09', '2026-01-13', 'evse') as s $$,
    $$ values ('DE*GRW*E1001*1', 4::bigint), ('DE*GRW*E1002*1', 0) $$,
    'the platform of the tenant that its token names'
);

select tests.act_as('greenway.customer');
select results_eq(
    $$ select s.period_start, s.sessions, s.evses
       from api.transaction_statistics('2026-01-09', '2026-01-13', 'month') as s $$,
    $$ values (date '2026-01-09', 4::bigint, null::bigint) $$,
    'a driver is told of their sessions'
);
select tests.act_as('greenway.driver2');
select results_eq(
    $$ select s.period_start, s.sessions
       from api.transaction_statistics('2026-01-09', '2026-01-13', 'month') as s $$,
    $$ values (date '2026-01-09', 0::bigint) $$,
    'and of nobody else''s'
);
select is_empty(
    format(
        'select from api.transaction_statistics(''2026-01-09'', ''2026-01-13'', ''token'', '
        'user_id => %L)', tests.user_id_of('greenway.customer')
    ),
    'not even when they ask for somebody else'
);
select throws_ok(
    format('select api.transaction_statistics(''2026-01-09'', ''2026-01-13'', %L)', b.by), 'PT400',
    null, 'a driver does not count by ' || b.by
)
from (values ('site'), ('customer')) as b (by);
select tests.act_as_anonymous();
select throws_ok(
    $$ select api.transaction_statistics('2026-01-09', '2026-01-13') $$, '42501', null,
    'anonymous is told nothing'
);

select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.transaction_statistics('2026-01-09', '2026-01-13', 'colour') $$, 'PT400',
    'these statistics cannot be made', 'by is one of a list'
);
select throws_ok(
    $$ select api.transaction_statistics('2026-01-13', '2026-01-09') $$, 'PT400', null,
    'from is not after to'
);
select throws_ok(
    $$ select api.transaction_statistics(null, '2026-01-09') $$, 'PT400', null,
    'both are required'
);
select throws_ok(
    $$ select api.transaction_statistics('2020-01-09', '2026-01-09') $$, 'PT400', null,
    'a range has its limit'
);
select throws_ok(
    $$ select api.transaction_statistics('2026-01-09', 'infinity') $$, 'PT400', null,
    'and an end'
);

-- A running session occupies its EVSE until now.
select tests.act_as_owner();
insert into core.sessions (
    tenant_id, id, charge_point_id, evse_id, protocol, transaction_id, start_key, state, started_at
)
overriding system value
values
    (101, 1600, 1002, 1002, 'ocpp1.6', 'y', 'y', 'active', now() - interval '2 days'),
    (102, 2600, 2002, 2002, 'ocpp1.6', 'y', 'y', 'active', now() - interval '1 day'),
    -- At its other connector.
    (101, 1601, 1002, 1002, 'ocpp1.6', 'z', 'z', 'active', now() - interval '1 day');
select tests.act_as('greenway.operator');
select results_eq(
    $$ select sum(s.occupied_s), sum(s.sessions)
       from api.transaction_statistics(
           (now() at time zone 'Europe/Berlin')::date - 3,
           (now() at time zone 'Europe/Berlin')::date, evse_id => 1002
       ) as s $$,
    -- And the hour of the persona's session, which is within it.
    $$ select 2 * 86400.000 + 3600, 1::numeric $$,
    'a running session occupies its EVSE and is not counted yet'
);
select is(
    (
        select s.occupied_s
        from api.transaction_statistics(
            (now() at time zone 'Europe/Berlin')::date - 1,
            (now() at time zone 'Europe/Berlin')::date - 1, evse_id => 1002
        ) as s
    ) >= 82800,
    true, 'all of yesterday'
);
select * from finish();
rollback;
