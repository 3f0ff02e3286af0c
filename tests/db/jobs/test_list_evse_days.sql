-- What a day of an EVSE costs to make does not grow with what happened there since.
begin;
select plan(3);

select tests.act_as_owner();
insert into core.transaction_facts (
    tenant_id, session_id, state, day, charge_point_id, evse_id, time_zone, started_at, ended_at,
    is_time_certain
)
select
    v.tenant_id, 100000 + n.no, 'waiting', date '2024-01-01' + n.no / 2, v.evse_id, v.evse_id,
    'UTC', timestamptz '2024-01-01T00:30Z' + n.no * interval '12 hours',
    timestamptz '2024-01-01T01:30Z' + n.no * interval '12 hours', true
from (values (101, 1001), (102, 2001)) as v (tenant_id, evse_id)
cross join generate_series(0, 1999) as n (no);
analyze core.transaction_facts;

create function pg_temp.get_rows_read() returns bigint language sql as $$
    select seq_tup_read + coalesce(idx_tup_fetch, 0)
    from pg_catalog.pg_stat_xact_user_tables where relid = 'core.transaction_facts'::regclass
$$;
create temporary table rows_before as select pg_temp.get_rows_read() as no;
select results_eq(
    $$ select d.tenant_id, d.evse_id, d.day, d.occupied_s
       from jobs.list_evse_days('{101,102}', '{1001,2001}', '{2024-01-03,2024-01-03}') as d
       order by 1 $$,
    $$ values
        (101::bigint, 1001::bigint, date '2024-01-03', 7200.000::numeric),
        (102, 2001, '2024-01-03', 7200) $$,
    'two sessions occupy two hours of the day, in each tenant'
);
select cmp_ok(
    pg_temp.get_rows_read() - (select b.no from pg_temp.rows_before as b), '<', 20::bigint,
    'and those of other days are not read'
);
select is_empty(
    $$ select from jobs.list_evse_days('{101}', '{2001}', '{2024-01-03}') $$,
    'an EVSE of another tenant has no days'
);
select * from finish();
rollback;
