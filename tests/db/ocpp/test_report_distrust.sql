-- Distrust: who refuses our certificate has no name, but came from somewhere before (quirk 13).
begin;
select plan(4);
select tests.act_as_owner();
delete from core.alarms;
update ops.connections as c set closed_at = now() where c.closed_at is null;
insert into ops.presence as p (tenant_id, charge_point_id, last_seen_at)
values (101, 1001, now()), (101, 1002, now()), (102, 2001, now() - interval '91 days')
on conflict (tenant_id, charge_point_id) do update
    set is_connected = false, connection_id = null, last_seen_at = excluded.last_seen_at;
insert into ops.connections (
    tenant_id, charge_point_id, bridge_id, outcome, remote_address, is_tls, opened_at, closed_at
)
select
    c.tenant_id, c.charge_point_id, '00000000-0000-4000-b000-000000000001', 'accepted',
    c.remote_address, c.is_tls, now() + c.minutes * interval '1 minute', now()
from (
    values
        (101, 1001, '198.51.100.1', true, 1),
        (101, 1002, '198.51.100.1', true, 1),
        (101, 1002, '198.51.100.2', true, 2),
        (102, 2001, '198.51.100.1', true, 1)
) as c (tenant_id, charge_point_id, remote_address, is_tls, minutes);

select tests.act_as_login('bridge');
select lives_ok(
    $$ select ocpp.report_distrust('{198.51.100.1,203.0.113.9}') $$,
    'the bridge tells of addresses'
);
select tests.act_as_owner();
select results_eq(
    $$ select a.charge_point_id, a.kind, a.severity, a.details from core.alarms as a $$,
    $$ values (
           1001::bigint, 'certificate_distrusted', 'critical',
           '{"remote_address": "198.51.100.1"}'::jsonb
       ) $$,
    'it is the one that came from there last and is away now, not one that is long gone'
);

delete from core.alarms;
update ops.connections as c set is_tls = false where c.charge_point_id = 1001;
select ocpp.report_distrust('{198.51.100.1}');
select is_empty('select from core.alarms', 'not who came without TLS');
update ops.connections as c set is_tls = true where c.charge_point_id = 1001;
update ops.presence as p set is_connected = true where p.charge_point_id = 1001;
select ocpp.report_distrust('{198.51.100.1}');
select is_empty('select from core.alarms', 'nor who is here');

select * from finish();
rollback;
