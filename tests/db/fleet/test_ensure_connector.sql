-- Connectors of numbers never seen.
begin;
select plan(6);
select tests.act_as_owner();

select results_eq(
    $$ select v.number, (fleet.ensure_connector(101, 1001, v.number)).ocpp16_connector_id::integer
       from unnest('{1,2,2,7,0,-1,1001,2147483647,null}'::integer[]) as v (number) $$,
    $$ values (1, 1), (2, 2), (2, 2), (7, 7), (0, null), (-1, null), (1001, null),
           (2147483647, null), (null, null) $$,
    'a number from 1 to 1000 is a connector, and is made once'
);
select results_eq(
    $$ select e.evse_no::integer, c.connector_no::integer, c.ocpp16_connector_id::integer,
           c.is_discovered, e.is_discovered, c.status
       from core.connectors as c
       inner join core.evses as e on e.tenant_id = c.tenant_id and e.id = c.evse_id
       where c.charge_point_id = 1001 order by 3 $$,
    $$ values (1, 1, 1, false, false, 'Unknown'),
           (2, 1, 2, true, true, 'Unknown'), (7, 1, 7, true, true, 'Unknown') $$,
    'with an EVSE of the same number, marked for an operator to complete'
);

-- EVSE 2 has the connectors that OCPP 1.6 calls 3 and 4; EVSE 5 has none yet.
insert into core.evses (tenant_id, charge_point_id, evse_no) values (101, 1002, 2), (101, 1002, 5);
insert into core.connectors (
    tenant_id, charge_point_id, evse_id, connector_no, ocpp16_connector_id
)
select 101, 1002, e.id, n, n + 2
from core.evses as e
cross join generate_series(1, 2) as n
where e.charge_point_id = 1002 and e.evse_no = 2;
select fleet.ensure_connector(101, 1002, n) from generate_series(2, 5) as n;
select results_eq(
    $$ select c.ocpp16_connector_id::integer, e.evse_no::integer
       from core.connectors as c
       inner join core.evses as e on e.tenant_id = c.tenant_id and e.id = c.evse_id
       where c.charge_point_id = 1002 and c.ocpp16_connector_id in (2, 4, 5)
       order by 1 $$,
    $$ values (2, 6), (4, 2), (5, 5) $$,
    'an EVSE that an operator gave to other numbers is left alone, an empty one is used'
);
insert into core.charge_points (tenant_id, id, site_id, identity)
overriding system value
select cp.tenant_id, 1999, cp.site_id, 'INVENTIVE' from core.charge_points as cp where cp.id = 1001;
select fleet.ensure_connector(101, 1999, n) from generate_series(1, 100) as n;
select results_eq(
    $$ select count(*), (fleet.ensure_connector(101, 1999, 64)).ocpp16_connector_id::integer,
           (fleet.ensure_connector(101, 1999, 65)).id,
           (select count(*) from core.evses as e where e.charge_point_id = 1999)
       from core.connectors as c where c.charge_point_id = 1999 $$,
    $$ values (64::bigint, 64, null::bigint, 64::bigint) $$,
    'a charge point that invents numbers gets 64 connectors'
);
update core.connectors set is_discovered = false
where charge_point_id = 1999 and ocpp16_connector_id = 1;
select is(
    (fleet.ensure_connector(101, 1999, 65)).ocpp16_connector_id::integer, 65,
    'one that an operator has completed leaves room for another'
);
select throws_ok(
    $$ select fleet.ensure_connector(102, 1001, 1) $$, '23503', null,
    'a charge point of another tenant gets no connector'
);
select * from finish();
rollback;
