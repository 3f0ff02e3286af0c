-- Firmware updates and uploads: from the command to the last status.
begin;
select plan(27);
select tests.act_as_owner();

-- Sends as an operator; the ids of the commands.
create function pg_temp.send(p_action text, p_payload jsonb, p_charge_point text default 'GW-CP-1')
returns bigint language plpgsql as $$
declare
    v_id bigint;
begin
    perform tests.act_as('greenway.operator');
    select c.id into v_id from api.send_command(p_action, p_payload, p_charge_point) as c;
    perform tests.act_as_owner();
    return v_id;
end;
$$;
-- Takes the next command of GW-CP-1 and answers it; what the charger was sent.
create function pg_temp.answer(p_outcome text, p_result text default '{}')
returns jsonb language plpgsql as $$
declare
    v_taken record;
begin
    perform tests.act_as_login('bridge');
    select t.* into v_taken
    from ocpp.take_commands('00000000-0000-4000-b000-000000000001', '{1001}') as t;
    perform ocpp.finish_commands(
        '{1001}', array[v_taken.message_id], array[p_outcome], array[p_result],
        array[case when p_outcome = 'error' then 'InternalError' end], array[null::text],
        array[null::text], array[now()]
    );
    perform tests.act_as_owner();
    return v_taken.payload::jsonb;
end;
$$;
create function pg_temp.job(p_command_id bigint)
returns table (kind text, state text, status_reported text, reason text, is_over boolean)
language sql as $$
    select j.kind, j.state, j.status_reported, j.details ->> 'reason', j.finished_at is not null
    from core.device_jobs as j where j.command_id = p_command_id;
$$;
create function pg_temp.events(p_command_id bigint)
returns text language sql as $$
    select string_agg(e.status || '>' || e.state, ' ' order by e.id)
    from core.device_job_events as e
    inner join core.device_jobs as j on j.tenant_id = e.tenant_id and j.id = e.device_job_id
    where j.command_id = p_command_id;
$$;
create function pg_temp.say(p_kind text, variadic p_statuses text[])
returns void language sql as $$
    select tests.call(p_kind || 'StatusNotification', jsonb_build_object('status', s.status))
    from unnest(p_statuses) with ordinality as s (status, no) order by s.no;
$$;
create temporary table mine (name text primary key, id bigint);
grant all on mine to public;

-- UpdateFirmware ------------------------------------------------------------------------------

insert into mine
select 'fw', pg_temp.send(
    'UpdateFirmware', '{"location": "https://depot.greenway.example/firmware/fw.bin"}'
);
select results_eq(
    $$ select j.kind, j.state, j.url, j.request_no, j.charge_point_id,
              j.details ->> 'retrieve_at' = ocpp.format_timestamp(now())
       from core.device_jobs as j, mine as m where m.name = 'fw' and j.command_id = m.id $$,
    $$ values ('firmware', 'requested', 'https://depot.greenway.example/firmware/***/fw.bin',
               null::integer, 1001::bigint, true) $$,
    'UpdateFirmware through send_command makes a job; what is left out is filled in'
);
select pg_temp.say('Firmware', 'Installed');
select results_eq(
    $$ select j.state, j.details, j.status_reported, j.url from core.device_jobs as j
       where j.command_id is null and j.tenant_id = 101 and j.id <> 1001 $$,
    $$ values ('done', '{"is_unsolicited": true}'::jsonb, 'Installed', '') $$,
    'a status that comes before anything was sent is about something that nobody asked for'
);
delete from core.device_jobs as j where j.command_id is null and j.tenant_id = 101 and j.id <> 1001;
create temporary table sent as select pg_temp.answer('result') as payload;
grant all on sent to public;
select matches(
    (select s.payload ->> 'location' from sent as s),
    '^https://depot\.greenway\.example/firmware/vt_[A-Za-z0-9_-]{43}/fw\.bin$',
    'the charger gets the ticket whole'
);
select results_eq(
    $$ select p.* from mine as m, pg_temp.job(m.id) as p where m.name = 'fw' $$,
    $$ values ('firmware', 'scheduled', null::text, null::text, false) $$,
    'an answer means that the charger will do it'
);
select is_empty(
    $$ select 'command' from ops.commands as q, sent as s
       where strpos(q.payload::text, substring(s.payload ->> 'location' from 'vt_.{43}')) > 0
       union all
       select 'log' from ops.message_log as l, sent as s
       where strpos(l.payload, substring(s.payload ->> 'location' from 'vt_.{43}')) > 0
       union all
       select 'audit' from core.audit_log as a, sent as s
       where strpos(a.new_values::text, substring(s.payload ->> 'location' from 'vt_.{43}')) > 0
       union all
       select 'secrets' from ops.command_secrets as c, mine as m where c.command_id = m.id $$,
    'the ticket is in no command, log or audit, and not kept for longer than it is needed'
);
select pg_temp.say(
    'Firmware', 'Downloading', 'Downloading', 'Downloaded', 'Idle', 'Installing', 'Nonsense',
    'INSTALLED', 'Installed', 'Idle', 'Downloading'
);
select results_eq(
    $$ select p.*, pg_temp.events(m.id) from mine as m, pg_temp.job(m.id) as p
       where m.name = 'fw' $$,
    $$ values ('firmware', 'done', 'INSTALLED', null::text, true,
               'Downloading>running Downloaded>running Idle>running Installing>running '
               'Nonsense>running INSTALLED>done Installed>done Idle>done Downloading>done') $$,
    'statuses move the job, repeats, Idle and nonsense do not, and done stays done'
);
select results_eq(
    $$ select j.state, count(*) from core.device_jobs as j
       where j.charge_point_id = 1001 and j.kind = 'firmware' group by 1 $$,
    $$ values ('done', 2::bigint) $$, 'what comes late makes no job of its own'
);
select is_empty(
    $$ select t.id from ops.transfer_tickets as t where t.expires_at > now() $$,
    'the ticket of a job that is over is over'
);

-- A second update: it fails, tries again, and falls silent.
insert into mine
select 'fw2', pg_temp.send(
    'UpdateFirmware', jsonb_build_object(
        'location', 'https://depot.greenway.example/firmware/fw.bin', 'retries', 2,
        'retrieveDate', ocpp.format_timestamp(now() + interval '2 days')
    )
);
select pg_temp.answer('result');
select results_eq(
    $$ select t.expires_at from ops.transfer_tickets as t
       inner join core.device_jobs as j on j.tenant_id = t.tenant_id and j.id = t.device_job_id
       inner join mine as m on m.id = j.command_id where m.name = 'fw2' $$,
    $$ values (date_trunc('second', now()) + interval '3 days') $$,
    'a ticket is good for a day after the charger may begin'
);
select pg_temp.say('Firmware', 'DownloadFailed', 'Downloading', 'DownloadFailed');
select results_eq(
    $$ select p.*, pg_temp.events(m.id) from mine as m, pg_temp.job(m.id) as p
       where m.name = 'fw2' $$,
    $$ values ('firmware', 'failed', 'DownloadFailed', null::text, true,
               'DownloadFailed>failed Downloading>running DownloadFailed>failed') $$,
    'a charger that tries again goes on'
);
select pg_temp.say('Firmware', 'Installed');
select results_eq(
    $$ select p.state from mine as m, pg_temp.job(m.id) as p where m.name = 'fw2' $$,
    array['done'], 'installed after a failed download is installed'
);

-- What does not come to the charger, or is refused.
insert into mine select 'bad', pg_temp.send(
    'UpdateFirmware', '{"location": "https://depot.greenway.example/firmware/fw.bin"}'
);
select pg_temp.answer('error', '{}');
insert into mine select 'lost', pg_temp.send(
    'UpdateFirmware', '{"location": "https://depot.greenway.example/firmware/fw.bin"}'
);
select pg_temp.answer('timeout');
insert into mine select 'back', pg_temp.send(
    'UpdateFirmware', '{"location": "https://depot.greenway.example/firmware/fw.bin"}'
);
select tests.act_as('greenway.operator');
select c.id from mine as m, api.cancel_command(m.id) as c where m.name = 'back';
select tests.act_as_owner();
select results_eq(
    $$ select m.name, p.state, p.reason, p.is_over
       from mine as m, pg_temp.job(m.id) as p where m.name in ('bad', 'lost', 'back') order by 1 $$,
    $$ values ('back', 'cancelled', 'cancelled', true), ('bad', 'failed', 'error', true),
              ('lost', 'unknown', 'unknown', false) $$,
    'an error is a failure, silence is unknown, and what was taken back is cancelled'
);
select pg_temp.say('Firmware', 'Installing');
select results_eq(
    $$ select p.state, p.reason from mine as m, pg_temp.job(m.id) as p where m.name = 'lost' $$,
    $$ values ('running', null::text) $$, 'a charger that did not answer may be at it all the same'
);

-- SignedUpdateFirmware ------------------------------------------------------------------------

insert into mine select 'signed', pg_temp.send(
    'SignedUpdateFirmware', '{"requestId": 77, "firmware": {
        "location": "https://depot.greenway.example/firmware/fw.bin",
        "signingCertificate": "x", "signature": "x"}}'
);
select throws_ok(
    $$ select pg_temp.send('SignedUpdateFirmware', '{"requestId": 77, "firmware": {
        "location": "https://depot.greenway.example/firmware/fw.bin",
        "signingCertificate": "x", "signature": "x"}}') $$,
    'PT409', 'this charge point had a request of this number', 'a number serves once a charger'
);
select throws_ok(
    $$ select pg_temp.send('GetLog', '{"requestId": 0, "logType": "SecurityLog", "log": {
        "remoteLocation": "https://depot.greenway.example/logs/"}}') $$,
    'PT400', 'a requestId is a whole number from 1 to 2147483647', 'and is a positive integer'
);
select tests.act_as_owner();
select pg_temp.answer('result', '{"status": "InvalidCertificate"}');
insert into mine select 'signed2', pg_temp.send(
    'SignedUpdateFirmware', '{"firmware": {
        "location": "https://depot.greenway.example/firmware/fw.bin",
        "signingCertificate": "x", "signature": "x"}}'
);
select pg_temp.answer('result', '{"status": "Accepted"}');
insert into mine select 'signed3', pg_temp.send(
    'SignedUpdateFirmware', '{"requestId": 79, "firmware": {
        "location": "https://depot.greenway.example/firmware/fw.bin",
        "signingCertificate": "x", "signature": "x"}}'
);
select pg_temp.answer('result', '{"status": "AcceptedCanceled"}');
select tests.call('SignedFirmwareStatusNotification', '{"requestId": 79, "status": "Downloading"}');
select tests.call('SignedFirmwareStatusNotification', jsonb_build_object(
    'requestId', (select j.request_no from core.device_jobs as j, mine as m
                  where m.name = 'signed2' and j.command_id = m.id),
    'status', 'DownloadFailed'
));
select tests.call(
    'SignedFirmwareStatusNotification', '{"requestId": 12345, "status": "SignatureVerified"}'
);
select tests.call('FirmwareStatusNotification', '{"status": "InstallRebooting"}');
select results_eq(
    $$ select m.name, p.state, p.status_reported, p.reason, pg_temp.events(m.id)
       from mine as m, pg_temp.job(m.id) as p where m.name like 'signed%' order by 1 $$,
    $$ values
           ('signed', 'failed', null::text, 'InvalidCertificate', null::text),
           ('signed2', 'cancelled', null, 'AcceptedCanceled', 'DownloadFailed>cancelled'),
           ('signed3', 'running', 'SignatureVerified', null,
            'Downloading>running SignatureVerified>running') $$,
    'the request id says which; AcceptedCanceled ends what was before; a number never heard of '
    'is the newest open one'
);
select results_eq(
    $$ select p.state, p.status_reported
       from mine as m, pg_temp.job(m.id) as p where m.name = 'lost' $$,
    $$ values ('running', 'InstallRebooting') $$,
    'a plain status is about the plain update while one is open'
);
select tests.call('FirmwareStatusNotification', '{"status": "Installed"}');
select tests.call('FirmwareStatusNotification', '{"status": "Installed"}');
select results_eq(
    $$ select m.name, p.state from mine as m, pg_temp.job(m.id) as p
       where m.name in ('lost', 'signed3') order by 1 $$,
    $$ values ('lost', 'done'), ('signed3', 'running') $$,
    'said twice it is not about the other one'
);
alter table core.device_jobs disable trigger user;
update core.device_jobs set updated_at = updated_at - interval '2 days' where kind = 'firmware';
alter table core.device_jobs enable trigger user;
select tests.call('FirmwareStatusNotification', '{"status": "InstallScheduled"}');
select results_eq(
    $$ select m.name, p.state from mine as m, pg_temp.job(m.id) as p
       where m.name in ('lost', 'signed3') order by 1 $$,
    $$ values ('lost', 'done'), ('signed3', 'scheduled') $$,
    'and about the signed one when no plain one was there of late'
);

-- GetDiagnostics and GetLog -------------------------------------------------------------------

insert into mine select 'diag', pg_temp.send(
    'GetDiagnostics', '{"location": "https://depot.greenway.example/logs/"}'
);
select pg_temp.answer('result', '{}');
insert into mine select 'diag2', pg_temp.send(
    'GetDiagnostics', '{"location": "https://depot.greenway.example/logs/x",
                        "startTime": "2026-01-01T00:00:00Z"}'
);
delete from sent;
insert into sent select pg_temp.answer('result', '{"fileName": "diag.zip"}');
select results_eq(
    $$ select m.name, p.state, p.reason, j.file_name, j.url, j.details - 'reason'
       from mine as m, pg_temp.job(m.id) as p, core.device_jobs as j
       where m.name like 'diag%' and j.command_id = m.id order by 1 $$,
    $$ values
           ('diag', 'failed', 'nothing_to_upload', null::text,
            'https://depot.greenway.example/logs/***/', '{}'::jsonb),
           ('diag2', 'scheduled', null, 'diag.zip', 'https://depot.greenway.example/logs/x/***',
            '{"since": "2026-01-01T00:00:00Z"}') $$,
    'an answer without a file name means that there is nothing'
);
select pg_temp.say('Diagnostics', 'Uploading', 'Uploaded', 'Idle');
select results_eq(
    $$ select p.state, pg_temp.events(m.id) from mine as m, pg_temp.job(m.id) as p
       where m.name = 'diag2' $$,
    $$ values ('done', 'Uploading>running Uploaded>done Idle>done') $$, 'an upload goes its way'
);
insert into mine select 'log', pg_temp.send(
    'GetLog', '{"requestId": 80, "logType": "SecurityLog", "log": {
        "remoteLocation": "https://depot.greenway.example/logs/{ticket}/"}}'
);
select pg_temp.answer('result', '{"status": "Accepted", "filename": "security.log"}');
alter table core.device_jobs disable trigger user;
update core.device_jobs set updated_at = updated_at - interval '2 days' where kind = 'diagnostics';
alter table core.device_jobs enable trigger user;
select pg_temp.say('Diagnostics', 'Uploading');
select tests.call('LogStatusNotification', '{"requestId": 80, "status": "PermissionDenied"}');
select results_eq(
    $$ select p.kind, p.state, p.status_reported, j.file_name, j.details, pg_temp.events(m.id)
       from mine as m, pg_temp.job(m.id) as p, core.device_jobs as j
       where m.name = 'log' and j.command_id = m.id $$,
    $$ values ('log', 'failed', 'PermissionDenied', 'security.log',
               '{"log_type": "SecurityLog"}'::jsonb, 'Uploading>running PermissionDenied>failed') $$,
    'a log is told of by either message'
);

-- What is outside the locations, and other tenants --------------------------------------------

select throws_ok(
    format(
        'select pg_temp.send(%L, %L::jsonb)', v.action,
        replace(v.payload, '<u>', 'https://evil.example/x')
    ),
    'PT400', null, v.action || ' goes nowhere else, by send_command either'
)
from (values
    ('UpdateFirmware', '{"location": "<u>"}'),
    ('GetDiagnostics', '{"location": "<u>"}'),
    ('SignedUpdateFirmware',
     '{"firmware": {"location": "<u>", "signingCertificate": "x", "signature": "x"}}'),
    ('GetLog', '{"logType": "SecurityLog", "log": {"remoteLocation": "<u>"}}')
) as v (action, payload);
select tests.act_as_owner();

-- Nothing that a charger can say does harm.
select lives_ok(
    $$ select tests.call(a.action || 'StatusNotification', p.payload, 2002)
       from unnest('{Firmware,SignedFirmware,Diagnostics,Log}'::text[]) as a (action),
            unnest(array[
                '{"status": "Idle"}', '{"status": "Nonsense", "requestId": "x"}',
                '{"status": 7, "requestId": 1e300}', '{"status": "Downloading", "requestId": -1}'
            ]::jsonb[]) with ordinality as p (payload, no) order by p.no $$,
    'strange statuses are taken'
);
select * from finish();
rollback;
