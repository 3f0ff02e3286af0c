-- Charging profiles: stored, installed, replaced, cleared; what OCPP and the charge point allow.
begin;
select plan(68);

create function pg_temp.standing()
returns text
language sql
as $$
    select string_agg(
        concat_ws(' ', i.ocpp16_connector_id, i.purpose, i.stack_level, i.state),
        ', ' order by i.id
    )
    from api.charging_profile_installations as i
    where i.charge_point_id = 1001 and i.state not in ('cleared', 'replaced', 'cancelled');
$$;
create function pg_temp.profile(p_changes jsonb default '{}')
returns jsonb
language sql
as $$
    select jsonb_strip_nulls('{"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative", "chargingSchedule": {"chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}}'::jsonb || p_changes);
$$;
create function pg_temp.problem(p_changes jsonb)
returns text
language plpgsql
as $$
begin
    perform api.set_charging_profile('GW-CP-1', 0, profile => pg_temp.profile(p_changes));
    return null;
exception
    when sqlstate 'PT400' then
        return sqlerrm;
end;
$$;
grant execute on function pg_temp.standing() to public;
grant execute on function pg_temp.profile(jsonb) to public;
grant execute on function pg_temp.problem(jsonb) to public;

-- Stored profiles ------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select lives_ok(
    $$ insert into api.charging_profiles (name, purpose, kind, recurrency_kind, schedule)
       values ('Night', 'TxDefaultProfile', 'Recurring', 'Daily', '{"chargingRateUnit": "W",
           "startSchedule": "2026-01-01T00:00:00Z", "duration": 86400,
           "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000},
           {"startPeriod": 28800, "limit": 6000.5, "numberPhases": 3}]}') $$,
    'a profile is stored'
);
select throws_ok(
    $$ update api.charging_profiles set schedule = '{}' where name = 'Night' $$, 'PT400', null,
    'if it is one'
);
select throws_ok(
    $$ update api.charging_profiles set kind = 'Relative' where name = 'Night' $$, 'PT400', null,
    'and fits itself'
);

-- Installing -----------------------------------------------------------------------------------

select results_eq(
    $$ select c.action, c.payload from api.set_charging_profile('GW-CP-1',
           charging_profile_id => (select p.id from api.charging_profiles as p
               where p.name = 'Night')) as c $$,
    $$ values ('SetChargingProfile', '{"connectorId": 0, "csChargingProfiles": {
        "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Recurring", "recurrencyKind": "Daily",
        "chargingSchedule": {"chargingRateUnit": "W", "startSchedule": "2026-01-01T00:00:00Z",
            "duration": 86400, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000},
            {"startPeriod": 28800, "limit": 6000.5, "numberPhases": 3}]}}}'::jsonb) $$,
    'a stored profile is installed on the whole charge point'
);
select results_eq(
    $$ select i.profile_no, p.name, i.state, i.installed_at
       from api.charging_profile_installations as i
       inner join api.charging_profiles as p on p.id = i.charging_profile_id
       where i.charge_point_id = 1001 $$,
    $$ values (1, 'Night', 'requested', null::timestamptz) $$, 'the installation is an object'
);
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.standing(), '0 TxDefaultProfile 0 installed', 'accepted, it stands');
select lives_ok(
    $$ select api.set_charging_profile('GW-CP-1', 1, profile => pg_temp.profile()) $$,
    'one for a connector'
);
select tests.answer('{"status": "Accepted"}');
select is(
    pg_temp.standing(), '0 TxDefaultProfile 0 installed, 1 TxDefaultProfile 0 installed',
    'stands beside it'
);
select lives_ok(
    $$ select api.set_charging_profile('GW-CP-1', 1,
           profile => pg_temp.profile('{"stackLevel": 1}')) $$, 'one of another level'
);
select tests.answer('{"status": "Accepted"}');
select lives_ok(
    $$ select api.set_charging_profile('GW-CP-1', 1, profile => pg_temp.profile()) $$,
    'one of the same connector, purpose and level'
);
select is(
    tests.answer('{"status": "Accepted"}') #> '{csChargingProfiles,chargingProfileId}', '4',
    'has a number of its own'
);
select is(
    pg_temp.standing(),
    '0 TxDefaultProfile 0 installed, 1 TxDefaultProfile 1 installed, '
    '1 TxDefaultProfile 0 installed',
    'and takes its place'
);
select is(
    (select count(*) from api.charging_profile_installations as i
     where i.charge_point_id = 1001 and i.state = 'replaced' and i.ended_at is not null),
    1::bigint, 'which is known'
);
select lives_ok(
    $$ select api.set_charging_profile('GW-CP-1', 0,
           profile => pg_temp.profile('{"stackLevel": 5, "chargingProfileId": 4}')) $$,
    'one of the same number'
);
select tests.answer('{"status": "Accepted"}');
select is(
    pg_temp.standing(),
    '0 TxDefaultProfile 0 installed, 1 TxDefaultProfile 1 installed, '
    '0 TxDefaultProfile 5 installed',
    'takes its place wherever it was'
);
select lives_ok(
    $$ select api.set_charging_profile('GW-CP-1', 0,
           profile => pg_temp.profile('{"stackLevel": 6}')) $$, 'another'
);
select tests.answer('{"status": "NotSupported"}');
select is(
    (select i.state || ' ' || i.status_reported from api.charging_profile_installations as i
     where i.stack_level = 6),
    'rejected NotSupported', 'what is not supported does not stand'
);
select lives_ok(
    $$ select api.set_charging_profile('GW-CP-1', 0,
           profile => pg_temp.profile('{"stackLevel": 7}')) $$, 'another'
);
select tests.answer(null, p_outcome => 'timeout');
select is(
    (select i.state from api.charging_profile_installations as i where i.stack_level = 7),
    'unknown', 'without an answer nobody knows'
);
select tests.answer_late(
    (select i.command_id from api.charging_profile_installations as i where i.stack_level = 7),
    '{"status": "Accepted"}'
);
select is(
    (select i.state from api.charging_profile_installations as i where i.stack_level = 7),
    'installed', 'until it comes late'
);
select lives_ok(
    $$ select api.cancel_command((select c.id from api.set_charging_profile('GW-CP-1', 0,
           profile => pg_temp.profile('{"stackLevel": 8}')) as c)) $$, 'one that is taken back'
);
select is(
    (select i.state from api.charging_profile_installations as i where i.stack_level = 8),
    'cancelled', 'was never there'
);

-- Clearing -------------------------------------------------------------------------------------

select results_eq(
    $$ select c.action, c.payload from api.clear_charging_profile(installation_id =>
           (select i.id from api.charging_profile_installations as i
            where i.stack_level = 7)) as c $$,
    $$ values ('ClearChargingProfile', '{"id": 6}'::jsonb) $$, 'one is cleared by its number'
);
select tests.answer('{"status": "Accepted"}');
select is(
    (select i.state || ' ' || (i.ended_at is not null)
     from api.charging_profile_installations as i where i.stack_level = 7),
    'cleared true', 'and is gone'
);
select results_eq(
    $$ select c.payload from api.clear_charging_profile('GW-CP-1', connector => 0,
           purpose => 'TxDefaultProfile', stack_level => 5) as c $$,
    $$ values ('{"connectorId": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "stackLevel": 5}'::jsonb) $$,
    'or by what it is'
);
select tests.answer('{"status": "Unknown"}');
select is(
    pg_temp.standing(),
    '0 TxDefaultProfile 0 installed, 1 TxDefaultProfile 1 installed, 0 TxDefaultProfile 6 rejected',
    'what the charge point does not have is not installed'
);
select lives_ok($$ select api.clear_charging_profile('GW-CP-1', connector => 1) $$, 'a connector');
select tests.answer('{"status": "Accepted"}');
select is(
    pg_temp.standing(), '0 TxDefaultProfile 0 installed, 0 TxDefaultProfile 6 rejected',
    'clears what is on it'
);
select lives_ok($$ select api.clear_charging_profile('GW-CP-1') $$, 'naming nothing');
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.standing(), '0 TxDefaultProfile 6 rejected', 'clears all');
select throws_ok(
    $$ select api.clear_charging_profile(installation_id => 2001) $$, 'PT404', null,
    'another tenant''s installation is not there'
);

-- Sessions -------------------------------------------------------------------------------------

select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', 1,
           profile => pg_temp.profile('{"chargingProfilePurpose": "TxProfile"}')) $$,
    'PT409', null, 'a TxProfile needs a session'
);
select tests.act_as_owner();
select tests.call('StartTransaction', jsonb_build_object(
    'connectorId', 1, 'idTag', 'GWTOKEN1', 'meterStart', 0, 'timestamp', tests.clock()));
select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.payload #>> '{csChargingProfiles,transactionId}', c.payload -> 'connectorId'
       from api.set_charging_profile('GW-CP-1', 1,
           profile => pg_temp.profile('{"chargingProfilePurpose": "TxProfile"}')) as c $$,
    $$ select s.transaction_id, '1'::jsonb from api.charging_sessions as s
       where s.state = 'active' $$,
    'the one that runs on the connector'
);
select tests.answer('{"status": "Accepted"}');
select results_eq(
    $$ select c.payload #>> '{csChargingProfiles,transactionId}', c.payload -> 'connectorId'
       from api.set_charging_profile(
           session_id => (select s.id from api.charging_sessions as s where s.state = 'active'),
           profile => pg_temp.profile(
               '{"chargingProfilePurpose": "TxProfile", "stackLevel": 1}')) as c $$,
    $$ select s.transaction_id, '1'::jsonb from api.charging_sessions as s
       where s.state = 'active' $$,
    'or one that is named'
);
select tests.answer('{"status": "Accepted"}');
select is(
    (select count(*) from api.charging_profile_installations as i
     inner join api.charging_sessions as s on s.id = i.session_id
     where i.state = 'installed' and s.state = 'active'),
    2::bigint, 'the installation names it'
);
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', 1, profile => pg_temp.profile(
           '{"chargingProfilePurpose": "TxProfile", "transactionId": 1}')) $$,
    'PT409', null, 'another session than the one that runs'
);
select throws_ok(
    $$ select api.set_charging_profile(session_id => 2001, profile => pg_temp.profile()) $$,
    'PT404', null, 'another tenant''s session is not there'
);
select tests.act_as_owner();
select tests.call('StopTransaction', jsonb_build_object(
    'transactionId', s.transaction_id::integer, 'meterStop', 100,
    'timestamp', tests.clock('1 minute')))
from core.sessions as s
where s.tenant_id = 101 and s.state = 'active';
select tests.act_as('greenway.operator');
select is(
    pg_temp.standing(), '0 TxDefaultProfile 6 rejected', 'profiles end with their session'
);
select lives_ok(
    $$ select api.send_command('RemoteStartTransaction', jsonb_build_object('idTag', 'GWTOKEN1',
        'connectorId', 1, 'chargingProfile', pg_temp.profile('{"chargingProfilePurpose":
        "TxProfile", "chargingProfileId": 77, "stackLevel": 3}')), 'GW-CP-1') $$,
    'a profile may come with a remote start'
);
select tests.answer('{"status": "Accepted"}');
select tests.act_as_owner();
select tests.call('StartTransaction', jsonb_build_object(
    'connectorId', 1, 'idTag', 'GWTOKEN1', 'meterStart', 100,
    'timestamp', tests.clock('2 minutes')));
select tests.act_as('greenway.operator');
select results_eq(
    $$ select i.profile_no, i.ocpp16_connector_id, i.stack_level, i.state, s.state
       from api.charging_profile_installations as i
       inner join api.charging_sessions as s on s.id = i.session_id
       where i.profile_no = 77 $$,
    $$ values (77, 1::smallint, 3, 'installed', 'active') $$, 'and is installed with its session'
);

-- What OCPP does not allow ---------------------------------------------------------------------

select is(
    pg_temp.problem('{"chargingProfilePurpose": "Odd"}'),
    'the purpose is ChargePointMaxProfile, TxDefaultProfile or TxProfile', 'the purpose'
);
select is(
    pg_temp.problem('{"chargingProfilePurpose": "TxProfile"}'),
    'the profile does not belong on this connector', 'a TxProfile on connector 0'
);
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', 1,
           profile => pg_temp.profile('{"chargingProfilePurpose": "ChargePointMaxProfile"}')) $$,
    'PT400', null, 'a ChargePointMaxProfile on another'
);
select is(
    pg_temp.problem('{"chargingProfileKind": "Recurring"}'),
    'a recurrency kind belongs to the kind Recurring', 'the recurrency kind'
);
select is(
    pg_temp.problem('{"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}'),
    'a recurring schedule has a start', 'the start of a recurring schedule'
);
select is(
    pg_temp.problem('{"validFrom": "2026-02-01T00:00:00Z", "validTo": "2026-01-01T00:00:00Z"}'),
    'the validity ends after it begins', 'the validity'
);
select is(
    pg_temp.problem('{"stackLevel": -1}'), 'the stack level is a whole number from 0 on', 'levels'
);
select is(
    pg_temp.problem('{"transactionId": 5}'), 'a transaction belongs to the purpose TxProfile',
    'the transaction'
);
select is(
    pg_temp.problem('{"chargingSchedule": {"chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 60, "limit": 16}]}}'),
    'the first period starts at 0', 'the first period'
);
select is(
    pg_temp.problem('{"chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod":
        [{"startPeriod": 0, "limit": 16}, {"startPeriod": 60, "limit": 8},
        {"startPeriod": 60, "limit": 6}]}}'),
    'each period starts after the one before it', 'the order of the periods'
);
select is(
    pg_temp.problem('{"chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod":
        [{"startPeriod": 0, "limit": -1}]}}'),
    'a period has a start in seconds, a limit from 0 on, and may have 1 to 3 phases', 'limits'
);
select is(
    pg_temp.problem('{"chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod":
        [{"limit": 6}]}}'),
    'a period has a start in seconds, a limit from 0 on, and may have 1 to 3 phases', 'starts'
);
select is(
    pg_temp.problem('{"chargingSchedule": {"chargingRateUnit": "A", "duration": [60],
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}}'),
    'the duration is a number of seconds', 'the duration'
);
select is(
    pg_temp.problem('{"chargingSchedule": {"chargingRateUnit": "A", "odd": 1,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}}'),
    'the schedule has a member that OCPP 1.6 does not know', 'strange members'
);
select is(
    pg_temp.problem('{"chargingSchedule": {"chargingRateUnit": "kW", "chargingSchedulePeriod":
        [{"startPeriod": 0, "limit": 1}]}}'),
    'the unit of a schedule is A or W', 'units'
);
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1') $$, 'PT400', null, 'there has to be a profile'
);
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', charging_profile_id => 2001) $$, 'PT404', null,
    'of one''s own tenant'
);

-- What the charge point does not allow ---------------------------------------------------------

select tests.act_as_owner();
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values
    (101, 1001, 'ChargeProfileMaxStackLevel', '3', now()),
    (101, 1001, 'ChargingScheduleMaxPeriods', '1', now()),
    (101, 1001, 'ChargingScheduleAllowedChargingRateUnit', 'Current', now()),
    (101, 1001, 'MaxChargingProfilesInstalled', '1', now());
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', 0,
           profile => pg_temp.profile('{"stackLevel": 4}')) $$,
    'PT409', 'the charge point has stack levels up to 3', 'levels'
);
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', 0, profile => pg_temp.profile(
           '{"chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod":
           [{"startPeriod": 0, "limit": 16}, {"startPeriod": 60, "limit": 8}]}}')) $$,
    'PT409', 'the charge point takes 1 periods', 'periods'
);
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', 0, profile => pg_temp.profile(
           '{"chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod":
           [{"startPeriod": 0, "limit": 16}]}}')) $$,
    'PT409', 'the charge point takes no schedule in W', 'units'
);
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', 0, profile => pg_temp.profile()) $$,
    'PT409', 'the charge point holds 1 profiles', 'and how many'
);

-- One thing named twice ------------------------------------------------------------------------

select throws_ok(
    $$ select api.clear_charging_profile('GW-CP-2', (select max(i.id)
       from api.charging_profile_installations as i where i.charge_point_id = 1001)) $$,
    'PT404', null, 'an installation on another charge point than the one that is named'
);
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-2', session_id => (select max(s.id)
       from api.charging_sessions as s where s.charge_point_id = 1001),
       profile => pg_temp.profile()) $$,
    'PT404', null, 'nor a session'
);

-- The schedule that all come to ----------------------------------------------------------------

select results_eq(
    $$ select c.action, c.payload from api.get_composite_schedule('GW-CP-1', 1, 3600, 'W') as c $$,
    $$ values ('GetCompositeSchedule',
        '{"connectorId": 1, "duration": 3600, "chargingRateUnit": "W"}'::jsonb) $$,
    'the composite schedule can be asked for'
);
select tests.answer('{"status": "Accepted", "connectorId": 1}');
select is(
    (select c.result from api.commands as c where c.action = 'GetCompositeSchedule'),
    '{"status": "Accepted", "connectorId": 1}', 'and read in the command'
);
select throws_ok(
    $$ select api.get_composite_schedule('GW-CP-1', 9) $$, 'PT404', null, 'of a connector there is'
);
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.set_charging_profile('GW-CP-1', 0, profile => pg_temp.profile()) $$, 'PT403',
    null, 'installing takes a permission'
);
select throws_ok($$ select api.clear_charging_profile('GW-CP-1') $$, 'PT403', null, 'as clearing');

select * from finish();
rollback;
