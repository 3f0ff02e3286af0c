-- Reports for analysts: each login its own tenant's rows, whatever is asked, and figures that are
-- those of the base tables.
begin;
select plan(22);

create function pg_temp.seen(p_view text) returns setof bigint language plpgsql as $$
begin
    return query execute format('select distinct v.tenant_id from report.%I as v', p_view);
end;
$$;
select tests.act_as_owner();
-- The rating as its parts say it.
create temporary table billed as
select
    t.tenant_id, t.id, r.currency, r.total_excl_vat, r.total_incl_vat, r.exact_excl_vat,
    r.exact_incl_vat, r.energy_wh, r.charging_s
from core.transactions as t
inner join core.ratings as r
    on r.tenant_id = t.tenant_id and r.transaction_id = t.id and r.version = t.rating_version
where t.state = 'priced';
grant select on pg_temp.billed to public;

select tests.act_as_login('greenway_analyst');
select results_eq(
    format('select pg_temp.seen(%L)', v.name), 'select 101::bigint', v.name || ': one tenant'
)
from (
    values
        ('charge_points'), ('daily_statistics'), ('evses'), ('meter_values_hourly'), ('sessions'),
        ('sites'), ('tariffs'), ('transaction_lines'), ('transaction_taxes'), ('transactions'),
        ('utilisation')
) as v (name);
-- A condition of the reader's that fails must not fail over rows of others.
select lives_ok(
    $$ select from report.sessions as s where 1 / (s.session_id - 2001) is not null $$,
    'a condition is never put before the tenant''s'
);
-- A setting does not make anybody somebody else.
select set_config('request.jwt.claims', '{"role": "staff", "tenant_id": 102}', true);
select results_eq(
    $$ select pg_temp.seen('transactions') $$, 'select 101::bigint', 'nor does a made-up claim'
);
select throws_ok('insert into report.sites default values', '42501', null, 'none is written');
select throws_ok('select from core.transaction_facts', '42501', null, 'nor are tables read');

select isnt_empty(
    'select from pg_temp.billed as b where b.tenant_id = 101', 'something has a price'
);
select set_eq(
    $$ select t.transaction_id, t.currency, t.total_excl_vat, t.total_incl_vat, t.vat, t.energy_wh
       from report.transactions as t where t.state = 'priced' $$,
    $$ select b.id, b.currency, b.total_excl_vat, b.total_incl_vat,
           b.total_incl_vat - b.total_excl_vat, b.energy_wh
       from pg_temp.billed as b where b.tenant_id = 101 $$,
    'transactions cost what their rating says'
);
select set_eq(
    $$ select l.transaction_id, sum(l.cost_excl_vat) as net, sum(l.cost_incl_vat) as gross
       from report.transaction_lines as l group by l.transaction_id $$,
    $$ select b.id, b.exact_excl_vat, b.exact_incl_vat
       from pg_temp.billed as b where b.tenant_id = 101 $$,
    'their lines sum to the exact amounts'
);
select set_eq(
    $$ select x.transaction_id, sum(x.net) as net, sum(x.vat) as vat, sum(x.gross) as gross
       from report.transaction_taxes as x group by x.transaction_id $$,
    $$ select b.id, b.total_excl_vat, b.total_incl_vat - b.total_excl_vat, b.total_incl_vat
       from pg_temp.billed as b where b.tenant_id = 101 $$,
    'and their taxes to the totals'
);
select results_eq(
    $$ select sum(d.transactions), sum(d.total_excl_vat), sum(d.total_incl_vat),
           sum(d.charging_s), sum(d.sessions)
       from report.daily_statistics as d $$,
    $$ select count(*)::numeric, sum(b.total_excl_vat), sum(b.total_incl_vat),
           sum(b.charging_s), 2::numeric
       from pg_temp.billed as b where b.tenant_id = 101 $$,
    'days sum to the same'
);
select results_eq(
    $$ select u.evse_id, sum(u.occupied_s), bool_and(u.available_s between 0 and 90000)
       from report.utilisation as u group by u.evse_id order by u.evse_id $$,
    $$ values (1001::bigint, 3600.000, true), (1002, 3600, true) $$,
    'an EVSE was occupied for the hour of its session'
);

-- One that runs is part of it.
select tests.act_as_owner();
insert into core.sessions (
    tenant_id, id, charge_point_id, evse_id, protocol, transaction_id, start_key, state, started_at
)
overriding system value
values
    (102, 2600, 2002, 2002, 'ocpp1.6', 'y', 'y', 'active', now() - interval '10 minutes'),
    -- At its other connector.
    (102, 2601, 2002, 2002, 'ocpp1.6', 'z', 'z', 'active', now() - interval '5 minutes');
select tests.act_as_login('bluecharge_analyst');
select results_eq(
    $$ select u.evse_id, sum(u.occupied_s)
       from report.utilisation as u group by u.evse_id order by u.evse_id $$,
    $$ values (2001::bigint, 3600.000), (2002, 4200) $$,
    'and so are sessions that run, once where they overlap'
);
select * from finish();
rollback;
