-- Campaigns: waves, failures, pauses and ends.
begin;
select plan(51);
select tests.act_as_owner();
insert into core.charge_points (tenant_id, identity)
select 101, 'CAMP-' || n from generate_series(1, 5) as n;
insert into core.charge_point_groups (tenant_id, name) values (101, 'Camp'), (101, 'Nobody');
insert into core.charge_point_group_members (tenant_id, charge_point_group_id, charge_point_id)
select g.tenant_id, g.id, cp.id
from core.charge_point_groups as g
inner join core.charge_points as cp on cp.tenant_id = g.tenant_id and cp.identity like 'CAMP-%'
where g.name = 'Camp' and g.tenant_id = 101;

-- The members of the newest campaign: identity, state, wave, reason.
create function pg_temp.members()
returns text language sql as $$
    select string_agg(
        concat_ws(' ', substr(cp.identity, 6), m.state, m.wave_no, m.reason), ', ' order by cp.id
    )
    from core.campaign_members as m
    inner join core.charge_points as cp on cp.tenant_id = m.tenant_id and cp.id = m.charge_point_id
    where m.campaign_id = (select max(c.id) from core.campaigns as c where c.id < 1000);
$$;
create function pg_temp.campaign()
returns core.campaigns language sql as $$
    select c.* from core.campaigns as c where c.id < 1000 order by c.id desc limit 1;
$$;
create function pg_temp.run()
returns text language plpgsql as $$
declare
    v_detail text;
begin
    perform tests.act_as_login('jobs');
    v_detail := jobs.run_campaigns();
    perform tests.act_as_owner();
    return v_detail;
end;
$$;
-- What becomes of the commands of some members.
create function pg_temp.finish(p_state text, variadic p_numbers integer[])
returns void language plpgsql as $$
declare
    v_command ops.commands;
begin
    for v_command in
        select q.*
        from ops.commands as q
        inner join core.charge_points as cp on cp.tenant_id = q.tenant_id and cp.id = q.charge_point_id
        where substr(cp.identity, 6) = any(p_numbers::text[]) and q.state in ('queued', 'sent')
    loop
        if p_state not in ('expired', 'cancelled') then
            update ops.commands as q set state = 'sent', sent_at = now(), connection_id = 1001
            where q.id = v_command.id;
        end if;
        v_command.state := p_state;
        perform fleet.finish_command(v_command, '{"status": "Accepted"}');
    end loop;
end;
$$;
create function pg_temp.say(p_number integer, p_status text)
returns void language sql as $$
    select tests.call('FirmwareStatusNotification', jsonb_build_object('status', p_status), cp.id)
    from core.charge_points as cp where cp.identity = 'CAMP-' || p_number;
$$;

insert into core.configuration_keys (tenant_id, charge_point_id, key, is_readonly, reported_at)
select cp.tenant_id, cp.id, 'Fixed', true, now()
from core.charge_points as cp where cp.identity = 'CAMP-1';

-- Who may begin one, and with what -------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(v.call, v.state, null, v.call)
from (values
    ($$ select api.create_campaign('x', 'Nonsense', '{}', 'Camp') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'ClearCache', '{"a": 1}', 'Camp') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'ClearCache', '[]', 'Camp') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'ClearCache', null, 'Camp') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'ClearCache') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'ClearCache', '{}', 'Camp', '{CAMP-1}') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'ClearCache', '{}', 'Nobody') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'ClearCache', '{}', null, '{}') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'ClearCache', '{}', 'None') $$, 'PT404'),
    ($$ select api.create_campaign('x', 'ClearCache', '{}', null, '{CAMP-1,BC-CP-1}') $$, 'PT404'),
    ($$ select api.create_campaign('x', 'ClearCache', '{}', null, '{CAMP-1,NULL}') $$, 'PT404'),
    ($$ select api.create_campaign(' ', 'ClearCache', '{}', 'Camp') $$, '23514'),
    ($$ select api.create_campaign('x', 'ClearCache', '{}', 'Camp', wave_size => 0) $$, '23514'),
    ($$ select api.create_campaign('x', 'UpdateFirmware', '{"location": "https://evil.example/"}',
        'Camp') $$, 'PT400'),
    -- The first charge point refuses this key, and that is left for its turn.
    ($$ select api.create_campaign('x', 'ChangeConfiguration', jsonb_build_object(
        'key', 'Fixed', 'value', repeat('x', 250000)), 'Camp') $$, 'PT400'),
    ($$ select api.create_campaign('x', 'InstallCertificate', '{}', 'Camp') $$, 'PT403')
) as v (call, state);
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.create_campaign('x', 'ClearCache', '{}', 'Camp') $$, 'PT403', null,
    'support lacks firmware.write'
);

-- Waves ----------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.name, c.state, c.wave_size, c.wave_interval_s, c.max_failures, c.pending,
              c.payload ->> 'location', c.created_by = tests.user_id_of('greenway.operator')
       from api.create_campaign(
           ' Summer ', 'UpdateFirmware',
           '{"location": "https://depot.greenway.example/firmware/a.bin"}', 'Camp',
           wave_size => 2, wave_interval_s => 0, max_failures => 1
       ) as c $$,
    $$ values ('Summer', 'running', 2, 0, 1, 5::bigint,
               'https://depot.greenway.example/firmware/a.bin', true) $$,
    'a campaign is made and shown'
);
select tests.act_as_owner();
select is(pg_temp.run(), 'sent 2 commands of campaigns', 'the first wave is sent');
select is(
    pg_temp.members(), '1 running 1, 2 running 1, 3 pending, 4 pending, 5 pending', 'to two'
);
select results_eq(
    $$ select q.requested_via, q.state, q.requested_by, j.campaign_id = q.batch_no
       from (
           select q.*, c.id as batch_no from ops.commands as q
           inner join core.campaigns as c on c.batch_id = q.batch_id
       ) as q
       inner join core.device_jobs as j on j.command_id = q.id $$,
    $$ values ('campaign', 'queued', null::uuid, true), ('campaign', 'queued', null, true) $$,
    'the commands and jobs are the campaign''s; offline chargers wait'
);
select is(pg_temp.run(), '', 'nothing more until they have finished');
select pg_temp.finish('accepted', 1, 2);
select pg_temp.say(1, 'Installed');
select pg_temp.say(2, 'Downloading');
select is(pg_temp.run(), '', 'accepted is not installed');
select is(
    pg_temp.members(), '1 done 1, 2 running 1, 3 pending, 4 pending, 5 pending',
    'a wave has finished when its jobs have'
);
select pg_temp.say(2, 'InstallationFailed');
select is(pg_temp.run(), 'sent 2 commands of campaigns', 'one failure is allowed; the next wave');
select is(
    pg_temp.members(),
    '1 done 1, 2 failed 1 InstallationFailed, 3 running 2, 4 running 2, 5 pending',
    'a failure has its reason'
);
select pg_temp.say(2, 'Installing');
select pg_temp.finish('error', 3);
select pg_temp.run();
select is(
    pg_temp.members(), '1 done 1, 2 running 1, 3 failed 2 error, 4 running 2, 5 pending',
    'who tries again has not failed'
);
select throws_ok(
    $$ insert into ops.commands (tenant_id, charge_point_id, ocpp_version, action, payload, is_kept,
           expires_at, batch_id, requested_via)
       select q.tenant_id, q.charge_point_id, q.ocpp_version, q.action, '{}', true, now(), q.batch_id,
           'campaign'
       from ops.commands as q where q.requested_via = 'campaign' limit 1 $$,
    '23505', null, 'nobody is sent to twice, whatever goes wrong'
);
select pg_temp.say(2, 'InstallationFailed');
select is(pg_temp.run(), 'stopped 1 campaigns', 'the second failure stops it');
select results_eq(
    $$ select (pg_temp.campaign()).state, (pg_temp.campaign()).stop_reason, pg_temp.members(),
              a.severity, a.details - 'campaign_id'
       from core.alarms as a where a.kind = 'campaign_stopped' and a.tenant_id = 101 $$,
    $$ values (
        'stopped', 'failures',
        '1 done 1, 2 failed 1 InstallationFailed, 3 failed 2 error, 4 skipped 2 stopped, '
        '5 skipped stopped', 'warning', '{"action": "UpdateFirmware", "failed": 2}'::jsonb
    ) $$,
    'an alarm says so; who had nothing yet gets nothing, and what waited is cancelled'
);
select is(pg_temp.run(), '', 'it is over');

-- An action without a job; charge points that go, are disabled, or have no place ---------------

update core.charge_points set is_enabled = false where identity = 'CAMP-3';
insert into ops.presence (tenant_id, charge_point_id, is_connected, last_seen_at)
select 101, cp.id, true, now() from core.charge_points as cp where cp.identity = 'CAMP-5'
on conflict (tenant_id, charge_point_id) do update set is_connected = true, last_seen_at = now();
select tests.act_as('greenway.operator');
select lives_ok(
    $$ select api.create_campaign('Two', 'ClearCache', '{}', null,
           '{CAMP-1,camp-2,CAMP-3,CAMP-4,CAMP-5,CAMP-5}', 2, 60, 10) $$, 'a list, each once'
);
select tests.act_as_owner();
select is(pg_temp.run(), 'sent 2 commands of campaigns', 'the first wave');
select is(
    pg_temp.members(), '1 running 1, 2 pending, 3 pending, 4 pending, 5 running 1',
    'chargers that are there come first'
);
select pg_temp.finish('accepted', 1);
select pg_temp.finish('unknown', 5);
select is(pg_temp.run(), '', 'the interval is not over');
update core.campaigns set next_wave_at = now() where id = (pg_temp.campaign()).id;

create function pg_temp.ask(p_persona text, p_verb text)
returns text language plpgsql as $$
declare
    v_state text;
    v_id constant bigint := (pg_temp.campaign()).id;
begin
    perform tests.act_as(p_persona);
    execute format('select c.state from api.%s_campaign($1) as c', p_verb) into v_state using v_id;
    perform tests.act_as_owner();
    return v_state;
exception
    when sqlstate 'PT403' or sqlstate 'PT404' or sqlstate 'PT409' then
        perform tests.act_as_owner();
        return sqlstate;
end;
$$;
select results_eq(
    $$ select v.verb, pg_temp.ask(v.persona, v.verb)
       from (values
           (1, 'bluecharge.operator', 'pause'), (2, 'bluecharge.operator', 'resume'),
           (3, 'bluecharge.operator', 'stop'), (4, 'greenway.support', 'stop'),
           (5, 'greenway.operator', 'pause'), (6, 'greenway.operator', 'pause')
       ) as v (no, persona, verb) order by v.no $$,
    $$ values ('pause', 'PT404'), ('resume', 'PT404'), ('stop', 'PT404'), ('stop', 'PT403'),
              ('pause', 'paused'), ('pause', 'paused') $$,
    'one''s own tenant''s, with firmware.write'
);
select is(pg_temp.run(), '', 'a paused one sends nothing');
select is(
    pg_temp.members(), '1 done 1, 2 pending, 3 pending, 4 pending, 5 failed 1 unknown',
    'but sees how its members fare'
);
select is(pg_temp.ask('greenway.operator', 'resume'), 'running', 'it is resumed');
select is(pg_temp.run(), 'sent 2 commands of campaigns', 'and goes on');
delete from core.charge_points where identity = 'CAMP-2';
select pg_temp.run();
select is(
    pg_temp.members(), '1 done 1, 3 failed 2 Disabled, 4 pending, 5 failed 1 unknown',
    'a charge point that is deleted takes its place along; a disabled one fails'
);
select is(pg_temp.ask('greenway.platform_admin', 'stop'), 'stopped', 'it is stopped');
select results_eq(
    $$ select pg_temp.members(), (pg_temp.campaign()).stop_reason,
              pg_temp.ask('greenway.operator', 'resume') $$,
    $$ values ('1 done 1, 3 failed 2 Disabled, 4 skipped stopped, 5 failed 1 unknown', 'requested',
               'PT409') $$,
    'for good'
);

-- Secrets, refusals at the turn, and the end ---------------------------------------------------

select tests.act_as('greenway.operator');
select is(
    c.payload,
    '{"location": "https://depot.greenway.example/logs/"}'::jsonb,
    'a payload without a secret is shown'
)
from api.create_campaign(
    'Three', 'GetDiagnostics', '{"location": "https://depot.greenway.example/logs/"}', null,
    '{CAMP-1,CAMP-4}', 1, 0, 5
) as c;
select tests.act_as_owner();
update core.transfer_locations set url_prefix = 'ftp://depot.greenway.example/logs/'
where id = 1002;
select is(pg_temp.run(), '', 'a location that is no longer allowed');
select is(pg_temp.members(), '1 failed 1 location_not_allowed, 4 pending', 'fails at the turn');
select pg_temp.run();
select is(pg_temp.run(), '', 'it ends');
select is((pg_temp.campaign()).state, 'done', 'a campaign is done when all have had their turn');
select tests.act_as('greenway.operator');
select is(
    c.payload, '{"location": "ftp://***@depot.greenway.example/logs/"}'::jsonb,
    'a secret is not shown'
)
from api.create_campaign(
    'Four', 'GetDiagnostics', '{"location": "ftp://me:pw@depot.greenway.example/logs/"}', null,
    '{CAMP-1}', max_failures => 1
) as c;
select tests.act_as_owner();
select pg_temp.run();
select results_eq(
    $$ select regexp_replace(s.payload ->> 'location', 'vt_[^/]*', 'T')
       from ops.command_secrets as s
       inner join ops.commands as q on q.tenant_id = s.tenant_id and q.id = s.command_id
       where q.batch_id = (pg_temp.campaign()).batch_id $$,
    array['ftp://me:pw@depot.greenway.example/logs/T/'], 'the charger gets it'
);
select pg_temp.finish('accepted', 1);
select pg_temp.run();
select results_eq(
    $$ select (pg_temp.campaign()).state, pg_temp.members(),
              exists (select from ops.campaign_secrets as s
                      where s.campaign_id = (pg_temp.campaign()).id) $$,
    $$ values ('done', '1 failed 1 nothing_to_upload', false) $$,
    'the secret goes with the end of the campaign'
);
select * from finish();
rollback;
