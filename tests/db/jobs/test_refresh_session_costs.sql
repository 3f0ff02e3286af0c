-- Live costs of running sessions, and sessions stopped by their budgets.
begin;
select plan(41);
select tests.act_as_owner();

-- One transaction has one now(); each change of a session needs a moment of its own.
create function pg_temp.touch() returns void language sql as $$
    update core.sessions set updated_at = clock_timestamp()
    where state <> 'ended' and updated_at = now();
$$;
create function pg_temp.start(
    p_id_token text, p_since interval, p_charge_point_id bigint default 1001
)
returns bigint language plpgsql as $$
declare
    v_reply jsonb := tests.call('StartTransaction', jsonb_build_object(
        'connectorId', 1, 'idTag', p_id_token, 'meterStart', 110000,
        'timestamp', tests.clock(-p_since)
    ), p_charge_point_id);
begin
    perform pg_temp.touch();
    return (
        select s.id from core.sessions as s
        where s.transaction_id = v_reply ->> 'transactionId'
            and s.charge_point_id = p_charge_point_id
    );
end;
$$;
create function pg_temp.read(p_session_id bigint, p_register_wh bigint, p_before interval)
returns void language plpgsql as $$
begin
    perform tests.call('MeterValues', jsonb_build_object(
        'connectorId', 1, 'transactionId', s.transaction_id::bigint,
        'meterValue', jsonb_build_array(jsonb_build_object(
            'timestamp', tests.clock(-p_before),
            'sampledValue', jsonb_build_array(jsonb_build_object('value', (100000 + p_register_wh)::text))
        ))
    ), s.charge_point_id)
    from core.sessions as s where s.id = p_session_id;
    perform pg_temp.touch();
end;
$$;
create function pg_temp.cost(p_session_id bigint) returns text language sql as $$
    select concat_ws(' ', k.currency, k.total_excl_vat, k.total_incl_vat, k.energy_wh, k.problem,
        'calculated ' || k.calculations)
    from core.session_costs as k where k.session_id = p_session_id;
$$;
create function pg_temp.run() returns text language plpgsql as $$
declare
    v_detail text;
begin
    perform tests.act_as_login('jobs');
    v_detail := jobs.refresh_session_costs();
    perform tests.act_as_owner();
    return v_detail;
end;
$$;
create function pg_temp.stops() returns bigint language sql as $$
    select count(*) from ops.commands as c where c.action = 'RemoteStopTransaction';
$$;
-- Costs ------------------------------------------------------------------------------------

-- Somebody who was refused two days ago, and charged nothing.
insert into core.sessions (
    tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, started_at,
    ended_at, updated_at
)
overriding system value
values (
    101, 700, 1001, 'ocpp1.6', '700', '700', 'ended', now() - interval '2 days',
    now() - interval '2 days', now() - interval '2 days'
);
insert into core.session_costs (
    tenant_id, session_id, energy_wh, problem, as_of, session_updated_at
)
values (101, 700, 0, 'tariff_missing', now(), now() - interval '2 days');
create temporary table s as
select
    pg_temp.start('GWTOKEN1', '1 hour') as id,
    pg_temp.start('BCTOKEN1', '1 hour', 2001) as other;
grant select on s to public;

select is(pg_temp.run(), '', 'the jobs runner may call it; pricing alone is nothing to tell');
select is(
    pg_temp.cost(id), 'EUR 0.00 0.00 0 calculated 1', 'a session that has just begun costs nothing'
) from s;
select is(
    pg_temp.cost(other), 'EUR 0.00 0.00 0 calculated 1', 'nor does the other tenant''s'
) from s;
select pg_temp.run();
select is(
    pg_temp.cost(id), 'EUR 0.00 0.00 0 calculated 1', 'where nothing happened nothing is calculated'
) from s;
select pg_temp.read(id, 14000, '30 minutes') from s;
select pg_temp.run(), pg_temp.run();
select is(
    pg_temp.cost(id), 'EUR 2.00 2.38 4000 calculated 2',
    'a reading is priced once: 4 kWh at 0.50 and 19 %'
) from s;
select is(
    (select k.as_of from core.session_costs as k where k.session_id = s.id),
    date_trunc('second', now()) - interval '30 minutes', 'as of that reading'
) from s;
select is(
    pg_temp.cost(other), 'EUR 0.00 0.00 0 calculated 1', 'and the other stays as it was'
) from s;

select tests.act_as('greenway.customer');
select count(*) from api.session_costs;
select count(*) from api.session_costs;
select tests.act_as_owner();
select pg_temp.run();
select is(
    pg_temp.cost(id), 'EUR 2.00 2.38 4000 calculated 2', 'however often it is looked at'
) from s;

select pg_temp.read(id, 12000, '40 minutes') from s;
select pg_temp.run();
select is(
    pg_temp.cost(id), 'EUR 2.00 2.38 4000 calculated 2',
    'a reading that comes late changes nothing of what is newest'
) from s;

select is_empty(
    $$ select i.indexrelid::regclass, a.attname
       from pg_catalog.pg_index as i
       inner join pg_catalog.pg_attribute as a
           on a.attrelid = i.indrelid
           and (
               a.attnum = any(i.indkey::smallint[])
               or pg_get_expr(i.indpred, i.indrelid) ~ ('\m' || a.attname || '\M')
           )
       where i.indrelid = 'core.sessions'::regclass
           and a.attname in (
               'last_meter_wh', 'energy_wh', 'power_w', 'soc_percent', 'last_reading_at',
               'updated_at', 'charging_state'
           ) $$,
    'no index of sessions has a column that readings change: they stay heap-only updates'
);

-- What cannot be priced ----------------------------------------------------------------------

insert into core.tariffs (tenant_id, id, tariff_id, name) overriding system value
values (101, 501, 'BROKEN', 'Broken');
insert into core.tariff_versions (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid
)
overriding system value
values (
    101, 501, 501, 1, '2.2.1', '{}',
    '{"currency": "EUR", "tariffs": [{"currency": "EUR", "elements": "none"}], "rules": "none"}',
    repeat('0', 64), 'EUR', '[2020-01-01,)'
);
create temporary table b as select pg_temp.start('GWTOKEN2', '50 minutes', 1002) as id;
grant select on b to public;
update core.session_tariffs as t set tariff_version_id = 501
where t.session_id = (select id from b);
select pg_temp.read(id, 15000, '20 minutes') from b;
select pg_temp.read(id, 15000, '20 minutes') from s;
select is(pg_temp.run(), '1 could not be priced', 'a price that cannot be calculated is told of');
select is(
    pg_temp.cost(id), '5000 pricing_failed calculated 1', 'its session has no price, and says so'
) from b;
select isnt(
    (select k.failure from core.session_costs as k where k.session_id = b.id), null,
    'why is kept'
) from b;
select is(
    pg_temp.cost(id), 'EUR 2.50 2.98 5000 calculated 3', 'and its neighbours are priced'
) from s;
select is(pg_temp.run(), '', 'it is not tried again before its next reading');
delete from core.tariff_assignments where tenant_id = 101;
delete from core.session_tariffs as t where t.session_id = (select id from b);
select pg_temp.read(id, 16000, '10 minutes') from b;
select pg_temp.run();
select is(
    pg_temp.cost(id), '6000 tariff_missing calculated 2', 'without a tariff the energy is counted'
) from b;

-- Budgets ----------------------------------------------------------------------------------

insert into core.budgets (tenant_id, id, id_token_id, per, max_energy_wh)
overriding system value values (101, 501, 1002, 'session', 7000);
insert into core.budgets (tenant_id, id, user_id, per, max_amount, currency)
overriding system value values
    (101, 502, tests.user_id_of('greenway.customer'), 'session', 3.5, 'EUR'),
    (101, 503, tests.user_id_of('greenway.customer'), 'day', 0.01, 'CHF');
select pg_temp.read(id, 15500, '10 minutes') from s;
select is(pg_temp.run(), '', 'a budget with something left stops nothing');
select pg_temp.read(id, 16000, '5 minutes') from s;
select is(
    pg_temp.run(), '1 reached a budget, 1 told to stop',
    'reached to the cent with tax, charging is stopped: 3.57 EUR of 3.50'
);
select results_eq(
    $$ select c.charge_point_id, c.payload ->> 'transactionId', c.requested_via, c.is_kept, c.state
       from ops.commands as c where c.action = 'RemoteStopTransaction' $$,
    $$ select s.charge_point_id, s.transaction_id, 'system', true, 'queued'
       from core.sessions as s where s.id = (select id from s) $$,
    'by a command that waits for its charge point'
);
select results_eq(
    $$ select k.budget_id, k.stop_command_id is not null from core.session_costs as k
       where k.session_id = (select id from s) $$,
    $$ values (502::bigint, true) $$, 'the cost names the budget and the command'
);
select is(
    (
        select e.details - 'max_energy_wh' from core.session_events as e
        where e.session_id = s.id and e.event = 'budget_reached'
    ),
    '{"budget_id": 502, "per": "session", "max_amount": 3.5000, "currency": "EUR"}',
    'and the session tells when'
) from s;
update core.session_costs set stop_tried_at = now() - interval '1 hour' where budget_id = 502;
select pg_temp.read(id, 16500, '4 minutes') from s;
select is(pg_temp.run(), '', 'while it waits there is no second one');
update ops.commands
set state = 'rejected', finished_at = now(), sent_at = now(), connection_id = 1001
where action = 'RemoteStopTransaction';
select is(pg_temp.run(), '1 told to stop', 'refused, it is sent again');
update ops.commands
set state = 'unknown', finished_at = now(), sent_at = now(), connection_id = 1001
where action = 'RemoteStopTransaction' and state = 'queued';
select is(pg_temp.run(), '', 'but not at once');
update core.session_costs set stop_tried_at = now() - interval '61 seconds' where budget_id = 502;
update core.budgets set max_amount = 1000 where id = 502;
select is(pg_temp.run(), '', 'nor when the budget has something left again');
select is(
    (select k.budget_id from core.session_costs as k where k.session_id = s.id), null,
    'then the session goes on'
) from s;
update core.budgets set max_amount = 3.5 where id = 502;
select pg_temp.read(id, 17000, '3 minutes') from s;
update core.session_costs set stop_tried_at = null where session_id = (select id from s);
select pg_temp.run();
update ops.commands
set state = 'accepted', finished_at = now(), answered_at = now(), sent_at = now(),
    connection_id = 1001
where action = 'RemoteStopTransaction' and state = 'queued';
update core.session_costs set stop_tried_at = now() - interval '1 hour' where budget_id = 502;
select pg_temp.read(id, 17500, '2 minutes') from s;
select is(pg_temp.run(), '', 'once one was accepted, no other is sent');
select is(pg_temp.stops(), 3::bigint, 'three in all');

create temporary table schemas as select m.* from ops.message_schemas as m;
delete from ops.message_schemas;
select pg_temp.read(id, 17000, '5 minutes') from b;
select is(
    pg_temp.run(), '1 reached a budget', 'energy counts without a price; no bridge was ever there'
);
insert into ops.message_schemas select * from schemas;
update core.session_costs set stop_tried_at = now() - interval '61 seconds' where budget_id = 501;
select is(pg_temp.run(), '1 told to stop', 'what went wrong is tried again');
select is(
    (select c.charge_point_id from ops.commands as c where c.state = 'queued'), 1002::bigint,
    'and a charge point that is away is told when it is back'
);

-- Two sessions share what is left of a day.
insert into core.budgets (tenant_id, id, id_token_id, per, max_energy_wh)
overriding system value values (102, 501, 2001, 'month', 5000), (102, 502, 2003, 'day', 100);
update core.id_tokens set max_concurrent_transactions = 2 where id = 2001;
create temporary table shared as
select other as one, pg_temp.start('BCTOKEN1', '1 hour', 2002) as two from s;
update core.sessions
set started_at = now() - interval '100 days', ended_at = now() - interval '99 days'
where id in (2001, 2002);
select pg_temp.read(one, 12000, '5 minutes') from shared;
select is(pg_temp.run(), '', 'two of five kilowatt-hours');
select pg_temp.read(two, 13000, '5 minutes') from shared;
select is(
    pg_temp.run(), '2 reached a budget, 2 told to stop',
    'what one session uses up stops the other, too'
);
update core.budgets set is_enabled = false where tenant_id = 102 and id = 501;
select is(pg_temp.run(), '2 let go on', 'a budget that is switched off takes back what waits');
select results_eq(
    $$ select k.budget_id, c.state
       from core.session_costs as k
       inner join ops.commands as c on c.tenant_id = k.tenant_id and c.id = k.stop_command_id
       where k.session_id in (select one from shared union all select two from shared) $$,
    $$ values (null::bigint, 'cancelled'), (null, 'cancelled') $$,
    'so that a charge point that comes back stops nothing'
);
delete from core.session_tariffs as t where t.session_id = (select two from shared);
select pg_temp.read(two, 13500, '4 minutes') from shared;
select pg_temp.run();
select results_eq(
    $$ select k.problem, t.place
       from core.session_costs as k
       inner join core.session_tariffs as t
           on t.tenant_id = k.tenant_id and t.session_id = k.session_id
       where k.session_id = (select two from shared) $$,
    $$ values (null::text, 'tenant') $$,
    'a tariff that was assigned since the start counts from the next reading on'
);

-- The end ----------------------------------------------------------------------------------

select set_eq(
    $$ select k.session_id from core.session_costs as k
       where k.session_id in (700, 1001, 1002, 2001, 2002) $$,
    array[1002::bigint, 2002],
    'live costs go with the price, or after a day without a transaction; the held keep theirs'
);
select tests.call('StatusNotification', jsonb_build_object(
    'connectorId', 1, 'status', 'Available', 'errorCode', 'NoError',
    'timestamp', tests.clock('-1 minute')
), 1002);
select pg_temp.read(id, 18000, '30 seconds') from b;
select pg_temp.run();
select is(
    pg_temp.cost(id), '8000 tariff_missing calculated 4',
    'a session that is only presumed to be over is priced on'
) from b;
-- It stops at its newest reading.
select tests.call('StopTransaction', jsonb_build_object(
    'transactionId', s.transaction_id::bigint, 'meterStop', 117500,
    'timestamp', tests.clock('-2 minutes')
)) from core.sessions as s where s.id = (select id from s);
select pg_temp.run();
select is(
    pg_temp.cost(id), 'EUR 3.75 4.46 7500 calculated 8',
    'what has ended keeps its live cost until its price is there'
) from s;
select tests.act_as_login('jobs');
select jobs.rate_sessions();
select tests.act_as_owner();
select results_eq(
    $$ select g.total_excl_vat, g.total_incl_vat, g.result, g.energy_wh
       from core.transactions as x
       inner join core.ratings as g
           on g.tenant_id = x.tenant_id and g.transaction_id = x.id and g.version = x.rating_version
       where x.session_id = (select id from s) $$,
    $$ select k.total_excl_vat, k.total_incl_vat, k.result, k.energy_wh
       from core.session_costs as k where k.session_id = (select id from s) $$,
    'which is the live cost, to the line'
);
select pg_temp.run();
select is(pg_temp.cost(id), null, 'and then the live cost goes') from s;
select * from finish();
rollback;
