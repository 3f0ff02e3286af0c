-- The commands that operate a charge point, and what is refused before it is queued.
begin;
select plan(29);

-- GW-CP-1 (1001) is connected on connection 1001 and has connector 1.
select tests.act_as_owner();
update ops.presence set last_seen_at = now() where charge_point_id in (1001, 2001);
select tests.reset();
create function pg_temp.refusal(p_call text)
returns text language plpgsql as $$
declare
    v_detail text;
begin
    execute 'select ' || p_call;
    return 'none';
exception when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return sqlstate || ' ' || coalesce(nullif(v_detail, '')::jsonb ->> 'error', '');
end;
$$;
create function pg_temp.clean()
returns void language sql security definer set search_path = pg_catalog as $$
    delete from ops.commands where id not in (1001, 2001);
$$;

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.action, c.payload, c.state, c.is_kept, c.requested_by
       from api.clear_cache('gw-cp-1') as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by
       from api.data_transfer('GW-CP-1', 'org.example', data => 'x') as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by
       from api.data_transfer('GW-CP-1', 'org.example', 'note', '{"a": 1}', keep => true) as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by from api.unlock_connector('GW-CP-1') as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by
       from api.change_availability('GW-CP-1', 'Inoperative') as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by
       from api.change_availability('GW-CP-1', 'Operative', 1) as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by from api.reset('GW-CP-1') as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by from api.reset('GW-CP-1', 'Hard') as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by
       from api.trigger_message('GW-CP-1', 'StatusNotification', 1) as c
       union all
       select c.action, c.payload, c.state, c.is_kept, c.requested_by
       from api.extended_trigger_message('GW-CP-1', 'LogStatusNotification') as c $$,
    $$ select v.action, v.payload::jsonb, 'queued', v.is_kept, tests.user_id_of('greenway.operator')
       from (values
           ('ClearCache', '{}', true),
           ('DataTransfer', '{"vendorId": "org.example", "data": "x"}', false),
           ('DataTransfer', '{"vendorId": "org.example", "messageId": "note", "data": "{\"a\": 1}"}', true),
           ('UnlockConnector', '{"connectorId": 1}', false),
           ('ChangeAvailability', '{"connectorId": 0, "type": "Inoperative"}', true),
           ('ChangeAvailability', '{"connectorId": 1, "type": "Operative"}', true),
           ('Reset', '{"type": "Soft"}', false),
           ('Reset', '{"type": "Hard"}', false),
           ('TriggerMessage', '{"requestedMessage": "StatusNotification", "connectorId": 1}', false),
           ('ExtendedTriggerMessage', '{"requestedMessage": "LogStatusNotification"}', false)
       ) as v (action, payload, is_kept) $$,
    'each call queues its command, with its defaults'
);
select pg_temp.clean();
select results_eq(
    $$ select c.action, c.charge_point_id, c.state, c.batch_id is not null
       from api.change_availability(charge_point_group => 'Fast', type => 'Operative') as c $$,
    $$ values ('ChangeAvailability', 1001::bigint, 'queued', true) $$,
    'a group is addressed in one call'
);

select is(pg_temp.refusal(v.call), v.expected, v.sentence)
from (values
    ($$api.reset('GW-CP-1', 'Warm')$$, 'PT400 command_payload_invalid', 'there is no warm reset'),
    ($$api.reset('BC-CP-1')$$, 'PT404 charge_point_unknown', 'another tenant''s is unknown'),
    ($$api.reset('GW-CP-2')$$, 'PT409 charge_point_offline', 'one that is away says so at once'),
    ($$api.reset('GW-CP-2', keep => true)$$, 'none', 'unless the command is to wait'),
    ($$api.reset()$$, 'PT400 charge_point_required', 'say which'),
    ($$api.unlock_connector('GW-CP-1', 2)$$, 'PT404 connector_unknown', 'no such connector'),
    ($$api.unlock_connector('GW-CP-1', 0)$$, 'PT400 connector_invalid', '0 has no lock'),
    ($$api.change_availability('GW-CP-1', 'Operative', 2)$$, 'PT404 connector_unknown', 'nor here'),
    ($$api.change_availability('GW-CP-1')$$, 'PT400 command_payload_invalid', 'the type is needed'),
    ($$api.data_transfer('GW-CP-1')$$, 'PT400 command_payload_invalid', 'the vendor is needed'),
    ($$api.trigger_message('GW-CP-1', 'LogStatusNotification')$$, 'PT400 command_payload_invalid',
        'that one takes the extended call'),
    ($$api.trigger_message('GW-CP-1', 'MeterValues', 0)$$, 'PT400 connector_invalid',
        'a trigger names a connector'),
    ($$api.extended_trigger_message('GW-CP-1', 'MeterValues', 3)$$, 'PT404 connector_unknown',
        'that is there')
) as v (call, expected, sentence);

-- A charge point of which no connector is known may have any.
select is(
    pg_temp.refusal($$api.unlock_connector('GW-CP-3', 5, keep => true)$$),
    'PT404 charge_point_unknown', 'before'
);
select tests.act_as_owner();
insert into core.charge_points (tenant_id, identity) values (101, 'GW-CP-3');
select tests.act_as('greenway.operator');
select is(
    pg_temp.refusal($$api.unlock_connector('GW-CP-3', 5, keep => true)$$), 'none',
    'a charge point that never told of a connector may have any'
);

-- Quirks 24 and 25: BootNotification is asked for once a connection ----------------------------

select pg_temp.clean();
select is(
    pg_temp.refusal($$api.trigger_message('GW-CP-1', 'BootNotification')$$), 'none', 'once'
);
select is(
    pg_temp.refusal($$api.extended_trigger_message('GW-CP-1', 'BootNotification')$$),
    'PT409 boot_trigger_repeated', 'not again while it waits, by either call'
);
select tests.act_as_owner();
update ops.commands
set state = 'accepted', sent_at = now(), finished_at = now(), connection_id = 1001
where state = 'queued';
select tests.act_as('greenway.operator');
select is(
    pg_temp.refusal($$api.send_command(
        action => 'TriggerMessage', payload => '{"requestedMessage": "BootNotification"}',
        charge_point => 'GW-CP-1'
    )$$),
    'PT409 boot_trigger_repeated', 'nor on the same connection, however it is sent'
);
select tests.act_as_owner();
update ops.commands set connection_id = 990 where connection_id = 1001;
select tests.act_as('greenway.operator');
select is(
    pg_temp.refusal($$api.trigger_message('GW-CP-1', 'BootNotification')$$), 'none',
    'on a new connection it may be asked for'
);
select tests.act_as_owner();
update core.charge_points set quirks = '{"refuses_boot_trigger": true}' where id = 1001;
select pg_temp.clean();
select tests.act_as('greenway.operator');
select is(
    pg_temp.refusal($$api.trigger_message('GW-CP-1', 'BootNotification')$$),
    'PT409 boot_trigger_refused', 'never where it makes the charge point reboot'
);
select is(
    pg_temp.refusal($$api.trigger_message('GW-CP-1', 'Heartbeat')$$), 'none',
    'another message does no harm'
);

-- Reset while a session is active -------------------------------------------------------------

select tests.act_as_owner();
update core.sessions set state = 'active', ended_at = null where id = 1001;
select tests.act_as('greenway.operator');
select results_eq(
    $$ select pg_temp.refusal(v.call)
       from (values
           ($q$api.reset('GW-CP-1', 'Hard')$q$),
           ($q$api.reset(charge_point_group => 'Fast', type => 'Hard')$q$),
           ($q$api.reset('GW-CP-1', 'Hard', ends_sessions => true)$q$),
           ($q$api.reset('GW-CP-1', 'Soft')$q$)
       ) as v (call) $$,
    $$ values ('PT409 sessions_active'), ('PT409 sessions_active'), ('none'), ('none') $$,
    'a hard reset, which may lose the end of a session, has to be meant'
);

-- A refused remote start has started nothing --------------------------------------------------

select tests.act_as_owner();
update core.sessions set command_id = 1001 where id = 1001;
create function pg_temp.session_after(p_state text) returns bigint language plpgsql as $$
declare
    v_command ops.commands;
begin
    select c.* into v_command from ops.commands as c where c.id = 1001;
    v_command.state := p_state;
    perform ocpp16.finished_remote_start_transaction(v_command, v_command.payload, '["?"]');
    return (select s.id from core.sessions as s where s.command_id = 1001);
end;
$$;
select is(pg_temp.session_after('accepted'), 1001::bigint, 'an accepted one keeps its session');
select is(pg_temp.session_after('unknown'), 1001::bigint, 'and so does one without an answer');
select is(pg_temp.session_after('rejected'), null, 'a refused one loses it');

-- Who -----------------------------------------------------------------------------------------

select tests.act_as('greenway.viewer');
select is_empty(
    $$ select from (values
           ($q$api.clear_cache('GW-CP-1')$q$), ($q$api.data_transfer('GW-CP-1', 'x')$q$),
           ($q$api.unlock_connector('GW-CP-1')$q$), ($q$api.reset('GW-CP-1')$q$),
           ($q$api.reset('GW-CP-1', 'Hard')$q$), ($q$api.trigger_message('GW-CP-1', 'Heartbeat')$q$),
           ($q$api.change_availability('GW-CP-1', 'Operative')$q$),
           ($q$api.extended_trigger_message('GW-CP-1', 'Heartbeat')$q$)
       ) as v (call) where pg_temp.refusal(v.call) <> 'PT403 permission_missing' $$,
    'staff need the permission for each'
);
select tests.act_as('greenway.customer');
select is(pg_temp.refusal($$api.reset('GW-CP-1')$$), '42501 ', 'drivers have no such calls');

select * from finish();
rollback;
