-- How charge points are: one or all, with what goes on there.
begin;
select plan(10);

select tests.act_as_owner();
update ops.presence set last_seen_at = now() where charge_point_id = 1001;
update core.connectors
set status = 'Charging', status_at = '2026-01-01 12:00:00Z' where id = 1001;
update core.charge_points
set firmware_version = '1.2.3', vendor = 'Vendor', model = 'Model', ocpp_version = '1.6'
where id = 1001;
update core.sessions
set state = 'active', ended_at = null, power_w = 7000, command_id = 1001 where id = 1001;
insert into ops.commands (
    tenant_id, charge_point_id, ocpp_version, action, payload, state, is_kept, expires_at,
    requested_via, sent_at, connection_id
)
select
    101, 1001, '1.6', 'Reset', '{}', v.state, false, now() + v.expires_in, 'api', v.sent_at,
    v.connection_id
from (values
    ('sent', interval '1 hour', now(), 1001), ('queued', '1 hour', null, null),
    ('queued', '1 hour', null, null), ('queued', '-1 hour', null, null)
) as v (state, expires_in, sent_at, connection_id);

select tests.act_as('greenway.viewer');
select results_eq(
    $$ select s.tenant_id, s.charge_point_id, s.identity, s.name, s.site_id, s.is_enabled,
           s.registration_status, s.is_online, s.is_connected, s.connected_since, s.last_seen_at,
           s.vendor, s.model, s.firmware_version, s.ocpp_version, s.queued_commands
       from api.charge_point_status('gw-cp-1') as s $$,
    $$ select 101::bigint, 1001::bigint, 'GW-CP-1', 'Greenway one', 1001::bigint, true, 'Accepted',
           true, true, c.connected_since, c.last_seen_at, 'Vendor', 'Model', '1.2.3', '1.6',
           2::bigint
       from api.charge_points as c where c.id = 1001 $$,
    'one charge point: what it is, whether it is there, how many commands wait'
);
select is(
    (select s.connectors from api.charge_point_status('GW-CP-1') as s),
    '[{"connector_id": 1, "evse_no": 1, "evse_id": "DE*GRW*E1001*1", "connector_no": 1,
       "status": "Charging", "error_code": null, "error_info": null,
       "since": "2026-01-01T12:00:00+00:00"}]'::jsonb,
    'its connectors with their states'
);
select results_eq(
    $$ select a.session -> 'id', a.session -> 'connector_id', a.session ->> 'id_token',
           a.session -> 'power_w', a.session -> 'command_id', jsonb_array_length(s.active_sessions)
       from api.charge_point_status('GW-CP-1') as s
       cross join jsonb_array_elements(s.active_sessions) as a (session) $$,
    $$ values ('1001'::jsonb, '1'::jsonb, 'GWTOKEN1', '7000'::jsonb, '1001'::jsonb, 1) $$,
    'what goes on there'
);
select is(
    (select s.command_in_flight - 'sent_at' - 'id' from api.charge_point_status('GW-CP-1') as s),
    '{"action": "Reset"}'::jsonb, 'and the command that waits for its answer'
);
select results_eq(
    $$ select s.identity, s.is_online, s.is_connected, s.connectors ->> 0 is not null,
           s.active_sessions, s.command_in_flight, s.queued_commands
       from api.charge_point_status() as s $$,
    $$ values
           ('GW-CP-1', true, true, true,
            (select s.active_sessions from api.charge_point_status('GW-CP-1') as s),
            (select s.command_in_flight from api.charge_point_status('GW-CP-1') as s), 2::bigint),
           ('GW-CP-2', false, false, true, '[]', null, 0) $$,
    'all of the tenant without a name, and none of another'
);
select throws_ok(
    $$ select from api.charge_point_status('BC-CP-1') $$, 'PT404', 'there is no such charge point',
    'another tenant''s is unknown'
);
select tests.act_as('greenway.platform_admin');
select set_has(
    $$ select s.identity from api.charge_point_status() as s $$,
    $$ values ('GW-CP-1'), ('GW-CP-2'), ('BC-CP-1'), ('BC-CP-2') $$,
    'the platform sees those of every tenant'
);
select results_eq(
    $$ select s.tenant_id from api.charge_point_status('bc-cp-1') as s $$,
    $$ values (102::bigint) $$, 'and names any'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select from api.charge_point_status() $$, '42501', null, 'drivers see none'
);
select tests.act_as_anonymous();
select throws_ok(
    $$ select from api.charge_point_status() $$, '42501', null, 'nor does anybody else'
);

select * from finish();
rollback;
