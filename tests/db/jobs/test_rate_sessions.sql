-- Sessions that are over become transactions: priced, or held with their reasons.
begin;
select plan(37);
select tests.act_as_owner();
delete from ops.sessions_to_rate;

-- A session of the tenant's second charge point, over since an hour, of 10 kWh in an hour.
create function pg_temp.make(
    p_id bigint,
    p_energy_wh numeric default 10000,
    p_status text default 'Accepted',
    p_hold jsonb default null,
    p_state text default 'ended'
)
returns void language sql as $$
    insert into core.sessions (
        tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
        authorization_status, started_at, ended_at, stop_received_at, meter_start_wh,
        meter_stop_wh, energy_wh, hold_reason, hold_details
    )
    overriding system value
    values (
        case when p_id < 20000 then 101 else 102 end, p_id,
        case when p_id < 20000 then 1002 else 2002 end, 'ocpp1.6', p_id::text, 'made-' || p_id,
        p_state, 'SOMETOKEN', p_status, now() - interval '2 hours',
        case when p_state <> 'active' then now() - interval '1 hour' end, now(), 1000,
        1000 + p_energy_wh, p_energy_wh, p_hold -> 0 ->> 'reason', p_hold
    );
$$;
create function pg_temp.run() returns text language plpgsql as $$
declare
    v_detail text;
begin
    perform tests.act_as_login('jobs');
    v_detail := jobs.rate_sessions();
    perform tests.act_as_owner();
    return v_detail;
end;
$$;
create view pg_temp.outcome as
select t.session_id, t.state, t.hold_reasons, t.rating_version, r.reason, r.total_incl_vat
from core.transactions as t
left join core.ratings as r
    on r.tenant_id = t.tenant_id and r.transaction_id = t.id and r.version = t.rating_version;

-- Priced.
select pg_temp.make(10001), pg_temp.make(20001);
select is(pg_temp.run(), 'rated 2 sessions', 'what is over gets a price');
select results_eq(
    $$ select t.tenant_id, t.session_id, t.state, t.rating_version, r.reason, r.currency,
           r.total_excl_vat, r.total_incl_vat, r.energy_wh, r.charging_s, r.parking_s,
           r.time_zone, r.tariff_version_id, r.tariff_hash = v.tariff_hash, r.rated_by
       from core.transactions as t
       inner join core.ratings as r on r.tenant_id = t.tenant_id and r.transaction_id = t.id
       inner join core.tariff_versions as v on v.id = r.tariff_version_id
       where t.session_id > 10000
       order by 1 $$,
    $$ values
           (
               101::bigint, 10001::bigint, 'priced', 1, 'ended', 'EUR', 5.00, 5.95, 10000.0,
               3600.0, 0.0, 'Europe/Berlin', 1001::bigint, true, null::uuid
           ),
           (
               102, 20001, 'priced', 1, 'ended', 'EUR', 5.00, 5.95, 10000, 3600, 0,
               'Europe/Amsterdam', 2001, true, null
           ) $$,
    'by the tariff and the clock of its tenant'
);
select is_empty('select 1 from ops.sessions_to_rate', 'and waits no longer');
select is(pg_temp.run(), '', 'a run without work says nothing');
insert into ops.sessions_to_rate (tenant_id, session_id) values (101, 10001), (101, 10001);
select is(pg_temp.run(), '', 'one that did not change');
select is(
    (select o.rating_version from pg_temp.outcome as o where o.session_id = 10001), 1,
    'keeps its rating'
);

-- Changed later.
update core.sessions set meter_stop_wh = 13000, energy_wh = 12000 where id = 10001;
select is(pg_temp.run(), 'rated 1 sessions', 'one that changed is rated anew');
select results_eq(
    $$ select r.version, r.reason, r.total_incl_vat from core.ratings as r
       inner join core.transactions as t on t.id = r.transaction_id and t.session_id = 10001
       order by 1 $$,
    $$ values (1, 'ended', 5.95), (2, 'session_changed', 7.14) $$,
    'as a version beside the first'
);
update core.sessions
set hold_reason = 'stop_conflict',
    hold_details = '[{"reason": "stop_conflict"}, {"reason": "impossible_power"}]'
where id = 10001;
select is(pg_temp.run(), 'held 1', 'a finding after the price');
select results_eq(
    'select o.state, o.hold_reasons, o.rating_version from pg_temp.outcome as o
     where o.session_id = 10001',
    $$ values ('held', '{stop_conflict,impossible_power}'::text[], 2) $$,
    'holds it, with all its reasons and the price that it had'
);
update core.sessions set hold_reason = null, hold_details = null where id = 10001;
select is(pg_temp.run(), '', 'when the finding is gone, nothing is calculated');
select results_eq(
    'select o.state, o.hold_reasons, o.rating_version from pg_temp.outcome as o
     where o.session_id = 10001',
    $$ values ('priced', null::text[], 2) $$,
    'and the price counts again'
);

-- Whose it is comes out later, as when a start is heard after its stop.
update core.sessions set user_id = tests.user_id_of('greenway.driver2') where id = 10001;
select is(pg_temp.run(), 'rated 1 sessions', 'another person is another rating');
select results_eq(
    $$ select t.user_id, r.user_id, r.version, r.total_incl_vat from core.transactions as t
       inner join core.ratings as r on r.transaction_id = t.id and r.version = t.rating_version
       where t.session_id = 10001 $$,
    $$ values (
           tests.user_id_of('greenway.driver2'), tests.user_id_of('greenway.driver2'), 3, 7.14
       ) $$,
    'of the same price'
);

-- Refused by us.
select pg_temp.make(10002, 500, 'Blocked'), pg_temp.make(10003, 0, 'Invalid');
select is(pg_temp.run(), 'held 1', 'a charger that charges a refused token');
select results_eq(
    $$ select o.session_id, o.state, o.hold_reasons from pg_temp.outcome as o
       where o.session_id in (10002, 10003) $$,
    $$ values (10002::bigint, 'held', '{not_authorized}'::text[]) $$,
    'is held; refused without energy is no transaction at all'
);

-- Nothing to price with.
select pg_temp.make(10004, null);
select is(pg_temp.run(), 'held 1', 'energy that nobody knows');
select is(
    (select o.hold_reasons from pg_temp.outcome as o where o.session_id = 10004),
    '{energy_missing}'::text[], 'holds it'
);
delete from core.tariff_assignments where tenant_id = 101;
select pg_temp.make(10005, 10000, 'Accepted', '[{"reason": "presumed_end"}]', 'presumed_ended');
select pg_temp.make(10006);
select is(pg_temp.run(), 'held 2', 'where no tariff was assigned');
select results_eq(
    $$ select o.session_id, o.hold_reasons from pg_temp.outcome as o
       where o.session_id in (10005, 10006) order by 1 $$,
    $$ values
           (10005::bigint, '{presumed_end,tariff_missing}'::text[]),
           (10006, '{tariff_missing}') $$,
    'a missing tariff is a reason, too: free would be a price of zero'
);
insert into core.tariff_assignments (tenant_id, tariff_id) values (101, 1001);
select is(pg_temp.run(), 'rated 1 sessions, held 1', 'a tariff that is assigned later');
select results_eq(
    $$ select o.session_id, o.state, o.hold_reasons, o.total_incl_vat from pg_temp.outcome as o
       where o.session_id in (10005, 10006) order by 1 $$,
    $$ values
           (10005::bigint, 'held', '{presumed_end}'::text[], null::numeric),
           (10006, 'priced', null, 5.95) $$,
    'prices what waited for it'
);
update core.sessions
set state = 'ended', hold_reason = null, hold_details = null, meter_stop_wh = 3000,
    energy_wh = 2000
where id = 10005;
select is(pg_temp.run(), 'rated 1 sessions', 'a stop that comes after all');
select results_eq(
    $$ select o.state, o.reason, o.rating_version, o.total_incl_vat from pg_temp.outcome as o
       where o.session_id = 10005 $$,
    $$ values ('priced', 'ended', 1, 1.19) $$,
    'settles a presumed end by itself'
);
update core.sessions set energy_wh = 0, meter_stop_wh = 1000 where id = 10002;
select is(pg_temp.run(), '', 'a refused session that turns out to be empty');
select is_empty(
    'select 1 from core.transactions where session_id = 10002', 'is held no longer'
);

-- A running session in the queue.
select pg_temp.make(10007, 5000, 'Accepted', null, 'active');
insert into ops.sessions_to_rate (tenant_id, session_id) values (101, 10007);
select is(pg_temp.run(), '', 'what runs is not priced');
select is_empty('select 1 from core.transactions where session_id = 10007', 'in any way');

-- Our own failure: a tariff that the engine cannot read.
insert into core.tariffs (tenant_id, id, tariff_id, name) overriding system value
values (101, 1100, 'BROKEN', 'Broken');
insert into core.tariff_versions (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid
)
overriding system value
select
    101, 1100, 1100, 1, v.ocpi_version, v.document, jsonb_set(
        v.compiled, '{tariffs,0,elements}', '"none"'
    ), v.tariff_hash, 'EUR', v.valid
from core.tariff_versions as v
where v.id = 1001;
select pg_temp.make(n) from generate_series(10010, 10012) as n;
update core.session_tariffs set tariff_version_id = 1100 where session_id = 10011;
select is(
    pg_temp.run(), 'rated 2 sessions, failed on 1', 'a session that our code fails on'
);
select results_eq(
    $$ select o.session_id, o.state, o.hold_reasons from pg_temp.outcome as o
       where o.session_id between 10010 and 10012 order by 1 $$,
    $$ values
           (10010::bigint, 'priced', null::text[]), (10011, 'held', '{pricing_failed}'),
           (10012, 'priced', null) $$,
    'is held and keeps no other waiting'
);
select ok(
    (
        select t.hold_details -> 0 ? 'sqlstate' and t.hold_details -> 0 ? 'message'
        from core.transactions as t
        where t.session_id = 10011
    ),
    'with what went wrong'
);
select is_empty('select 1 from ops.sessions_to_rate', 'and is not tried at once');
update core.transactions set hold_details = '[]' where session_id = 10011;
update core.session_tariffs set tariff_version_id = 1001 where session_id = 10011;
select tests.act_as_login('jobs');
select is(jobs.retry_failed_ratings(), 'queued 1 sessions', 'what failed is tried again');
select tests.act_as_owner();
select is(pg_temp.run(), 'rated 1 sessions', 'and has its price once it is mended');

-- Batches.
update ops.settings set value = '2' where name = 'pricing.rate_batch';
select pg_temp.make(n) from generate_series(10020, 10024) as n;
select is(pg_temp.run(), 'rated 2 sessions; more is left', 'a run prices one batch');
select is(
    array[pg_temp.run(), pg_temp.run(), pg_temp.run()],
    array['rated 2 sessions; more is left', 'rated 1 sessions', ''],
    'until none is left'
);

select tests.act_as('greenway.admin');
select throws_ok('select jobs.rate_sessions()', '42501', null, 'the job is not for people');
select * from finish();
rollback;
