-- Firmware, diagnostics and logs through the API, and the tickets of the file server.
begin;
select plan(25);

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.action, c.state, c.payload - 'location' - 'retrieveDate', c.payload ->> 'location'
       from api.update_firmware(
           location => 'https://depot.greenway.example/firmware/a.bin', retries => 3,
           retry_interval_s => 60, charge_point => 'gw-cp-1'
       ) as c $$,
    $$ values ('UpdateFirmware', 'queued', '{"retries": 3, "retryInterval": 60}'::jsonb,
               'https://depot.greenway.example/firmware/***/a.bin') $$,
    'update_firmware queues the message; the ticket is masked'
);
select results_eq(
    $$ select c.payload ->> 'retrieveDate', c.is_kept
       from api.update_firmware(
           'https://depot.greenway.example/firmware/a.bin', '2030-01-01 12:00+01',
           charge_point => 'GW-CP-2'
       ) as c $$,
    $$ values ('2030-01-01T11:00:00Z', true) $$, 'a charger that is away gets it when it is back'
);
select results_eq(
    $$ select (c.payload #- '{firmware,location}') - 'requestId',
              c.payload ->> 'requestId' ~ '^\d+$'
       from api.signed_update_firmware(
           location => 'https://depot.greenway.example/firmware/a.bin',
           signing_certificate => E'-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
           signature => 'c2ln', retrieve_at => '2030-01-01 12:00Z',
           install_at => '2030-01-02 12:00Z', charge_point => 'GW-CP-1'
       ) as c $$,
    $$ values (jsonb_build_object('firmware', jsonb_build_object(
        'signingCertificate', E'-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
        'signature', 'c2ln', 'retrieveDateTime', '2030-01-01T12:00:00Z',
        'installDateTime', '2030-01-02T12:00:00Z'
    )), true) $$,
    'signed_update_firmware, with a request id of its own'
);
select results_eq(
    $$ select c.payload from api.get_diagnostics(
           'https://depot.greenway.example/logs/', since => '2030-01-01 00:00Z',
           charge_point => 'GW-CP-1'
       ) as c $$,
    $$ values ('{"location": "https://depot.greenway.example/logs/***/",
                 "startTime": "2030-01-01T00:00:00Z"}'::jsonb) $$,
    'get_diagnostics'
);
select results_eq(
    $$ select c.payload - 'requestId' from api.get_log(
           'SecurityLog', 'https://depot.greenway.example/logs/', until => '2030-01-01 00:00Z',
           charge_point_group => 'Fast'
       ) as c $$,
    $$ values ('{"logType": "SecurityLog", "log": {
        "remoteLocation": "https://depot.greenway.example/logs/***/",
        "latestTimestamp": "2030-01-01T00:00:00Z"}}'::jsonb) $$,
    'get_log, of a group'
);
select results_eq(
    $$ select j.kind, j.state, j.charge_point_id, c.action
       from api.device_jobs as j inner join api.commands as c on c.id = j.command_id
       order by j.id $$,
    $$ values
           ('firmware', 'requested', 1001::bigint, 'UpdateFirmware'),
           ('firmware', 'requested', 1002, 'UpdateFirmware'),
           ('signed_firmware', 'requested', 1001, 'SignedUpdateFirmware'),
           ('diagnostics', 'requested', 1001, 'GetDiagnostics'),
           ('log', 'requested', 1001, 'GetLog') $$,
    'each has its job'
);
select throws_ok(v.call, v.state, null, v.call)
from (values
    ($$ select api.update_firmware('https://x.example/a', charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.update_firmware('https://depot.greenway.example/firmware/a',
        retries => 1000, charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.signed_update_firmware('https://depot.greenway.example/firmware/a', 'x', 'c2ln',
        charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.signed_update_firmware('https://depot.greenway.example/firmware/a',
        '-----BEGIN CERTIFICATE-----MIIB-----END CERTIFICATE-----', '?',
        charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.signed_update_firmware('https://depot.greenway.example/firmware/a',
        '-----BEGIN CERTIFICATE-----MIIB-----END CERTIFICATE-----', 'c2ln', now(),
        now() - interval '1 h', charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.get_diagnostics('https://depot.greenway.example/logs/', now(),
        now() - interval '1 h', charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.get_log('Nonsense', 'https://depot.greenway.example/logs/',
        charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.get_log(null, 'https://depot.greenway.example/logs/',
        charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.get_diagnostics(null, charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.update_firmware('https://depot.bluecharge.example/firmware/a',
        charge_point => 'GW-CP-1') $$, 'PT400'),
    ($$ select api.update_firmware('https://depot.greenway.example/firmware/a',
        charge_point => 'BC-CP-1') $$, 'PT404')
) as v (call, state);
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.update_firmware('https://depot.greenway.example/firmware/a',
        charge_point => 'GW-CP-1') $$,
    'PT403', null, 'support lacks firmware.write'
);

-- Tickets: the file server's.
select tests.act_as_owner();
create temporary table ticket as
select substring(s.payload ->> 'location' from 'vt_[A-Za-z0-9_-]{43}') as ticket, j.id
from ops.command_secrets as s
inner join core.device_jobs as j on j.tenant_id = s.tenant_id and j.command_id = s.command_id
where j.kind = 'diagnostics';
grant all on ticket to public;
create function pg_temp.redeem(p_ticket text, p_direction text) returns text
language plpgsql as $$
declare
    v_detail text;
begin
    return api.redeem_transfer_ticket(p_ticket, p_direction);
exception
    when sqlstate 'PT404' or sqlstate 'PT410' or sqlstate 'PT403' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return sqlstate || ' ' || (v_detail::jsonb ->> 'error');
end;
$$;
grant execute on function pg_temp.redeem(text, text) to public;
select tests.act_as('bluecharge.operator');
select is(
    (select pg_temp.redeem(t.ticket, 'upload') from ticket as t), 'PT404 ticket_unknown',
    'another tenant''s ticket is unknown'
);
select tests.act_as('greenway.support');
select is(
    (select pg_temp.redeem(t.ticket, 'upload') from ticket as t), 'PT403 permission_missing',
    'the file server needs firmware.write'
);
select tests.act_as('greenway.operator');
select results_eq(
    $$ select pg_temp.redeem(t.ticket, 'download'), pg_temp.redeem(null, 'upload'),
              pg_temp.redeem('vt_x', 'upload'), pg_temp.redeem(t.ticket, null) from ticket as t $$,
    $$ select 'PT404 ticket_unknown', 'PT404 ticket_unknown', 'PT404 ticket_unknown',
              'PT404 ticket_unknown' $$,
    'the direction has to be right, and the ticket'
);
select is(
    (select pg_temp.redeem(t.ticket, 'upload')::jsonb - 'device_job_id' from ticket as t),
    '{"tenant_id": 101, "charge_point_id": 1001, "charge_point": "GW-CP-1",
      "kind": "diagnostics", "direction": "upload", "log_type": null, "file_name": null}'::jsonb,
    'a ticket says whose file it is'
);
select is(
    (select pg_temp.redeem(t.ticket, 'upload') from ticket as t), 'PT410 ticket_used', 'once'
);
select tests.act_as_owner();
update ops.transfer_tickets set used_at = null, expires_at = now()
where device_job_id = (select t.id from ticket as t);
select tests.act_as('greenway.platform_admin');
select is(
    (select pg_temp.redeem(t.ticket, 'upload') from ticket as t), 'PT410 ticket_expired',
    'and not for ever'
);
select tests.act_as('greenway.admin');
select results_eq(
    $$ select a.operation, a.new_values ? 'token_hash' and a.new_values ->> 'token_hash' <> '***'
       from api.audit_log as a where a.table_name = 'ops.transfer_tickets' and a.actor = 'staff' $$,
    $$ values ('update', false) $$, 'the audit says that it was redeemed, and not the ticket'
);
select * from finish();
rollback;
