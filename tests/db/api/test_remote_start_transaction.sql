-- Charging started and stopped from afar, by staff and by drivers.
begin;
select plan(58);

-- GW-CP-1 (1001) is connected, GW-CP-2 (1002) is not.
select tests.act_as_owner();
update ops.presence set last_seen_at = now() where charge_point_id in (1001, 2001);
select tests.reset();
create function pg_temp.start(p jsonb)
returns text language sql as $$
    select c.action || ' ' || c.payload::text || ' ' || c.state || ' ' || c.requested_via
    from api.remote_start_transaction(
        p ->> 'charge_point', p ->> 'id_token', (p ->> 'connector')::integer,
        p -> 'charging_profile', p ->> 'evse_id', p ->> 'charge_point_group',
        (p ->> 'keep')::boolean, (p ->> 'expires_in_s')::integer
    ) as c;
$$;
create function pg_temp.stop(p jsonb)
returns text language sql as $$
    select c.action || ' ' || c.payload::text || ' ' || c.state || ' ' || c.requested_via
    from api.remote_stop_transaction(
        p ->> 'charge_point', (p ->> 'session_id')::bigint, p ->> 'transaction_id',
        (p ->> 'keep')::boolean, (p ->> 'expires_in_s')::integer
    ) as c;
$$;
-- The stable key of the error of a call, with its status.
create function pg_temp.refusal(p_call text)
returns text language plpgsql as $$
declare
    v_detail text;
begin
    execute p_call;
    return 'none';
exception when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return sqlstate || ' ' || coalesce(nullif(v_detail, '')::jsonb ->> 'error', '')
        || coalesce(' ' || (v_detail::jsonb ->> 'reason'), '')
        || coalesce(' ' || (v_detail::jsonb ->> 'status'), '');
end;
$$;
create function pg_temp.refuses_start(p jsonb)
returns text language sql as $$
    select pg_temp.refusal(format('select pg_temp.start(%L)', p));
$$;
create function pg_temp.refuses_stop(p jsonb)
returns text language sql as $$
    select pg_temp.refusal(format('select pg_temp.stop(%L)', p));
$$;
-- Staff ---------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select is(
    pg_temp.start('{"charge_point": "gw-cp-1", "id_token": "ANY", "connector": 1}'),
    'RemoteStartTransaction {"idTag": "ANY", "connectorId": 1} queued api',
    'an operator starts with any token; identities count in either case'
);
select is(
    pg_temp.start('{"charge_point": "GW-CP-1", "id_token": "ANY"}'),
    'RemoteStartTransaction {"idTag": "ANY"} queued api',
    'the charge point chooses where no connector is named'
);
select is(
    pg_temp.start('{"evse_id": "de*grw*e1001*1", "id_token": "ANY"}'),
    'RemoteStartTransaction {"idTag": "ANY", "connectorId": 1} queued api',
    'an operator may name the place by its EVSE id'
);
select is(
    pg_temp.start('{"charge_point_group": "Fast", "id_token": "ANY"}'),
    'RemoteStartTransaction {"idTag": "ANY"} queued api', 'or a group'
);
select is(
    pg_temp.refuses_start('{"charge_point": "GW-CP-2", "id_token": "ANY"}'),
    'PT409 charge_point_offline', 'a charge point that is away says so at once'
);
select is(
    pg_temp.start('{"charge_point": "GW-CP-2", "id_token": "ANY", "keep": true}'),
    'RemoteStartTransaction {"idTag": "ANY"} queued api', 'unless the command is to be kept'
);
select is(
    pg_temp.refuses_start('{"charge_point": "GW-CP-1"}'),
    'PT400 command_payload_invalid', 'a token is needed'
);
select is(
    pg_temp.refuses_start('{"charge_point": "GW-CP-1", "id_token": "123456789012345678901"}'),
    'PT400 command_payload_invalid', 'of 20 characters at most'
);
select is(
    pg_temp.refuses_start('{"charge_point": "GW-CP-1", "id_token": "ANY", "connector": 2}'),
    'PT404 connector_unknown', 'and a connector that is there'
);
select is(
    pg_temp.refuses_start('{"charge_point": "GW-CP-1", "id_token": "ANY", "connector": 0}'),
    'PT400 connector_invalid', '0 is none'
);
select is(
    pg_temp.refuses_start('{"evse_id": "DE*GRW*E1001*1", "id_token": "ANY", "connector": 2}'),
    'PT404 connector_unknown', 'at an EVSE neither'
);
select is(
    pg_temp.refuses_start('{"evse_id": "NL*BLU*E2001*1", "id_token": "ANY"}'),
    'PT404 evse_unknown', 'another tenant''s EVSE is unknown'
);
select is(
    pg_temp.refuses_start('{"charge_point": "BC-CP-1", "id_token": "ANY"}'),
    'PT404 charge_point_unknown', 'and so is its charge point'
);
select is(
    pg_temp.refuses_start('{"id_token": "ANY"}'), 'PT400 charge_point_required', 'say where'
);
select results_eq(
    $$ select pg_temp.refuses_start('{"id_token": "ANY", "evse_id": "DE*GRW*E1001*1"}' || v.p)
       from (values
           ('{"charge_point": "GW-CP-1"}'::jsonb), ('{"charge_point_group": "Fast"}')
       ) as v (p) $$,
    $$ values ('PT400 charge_point_required'), ('PT400 charge_point_required') $$,
    'once: of two places none is passed over in silence'
);

-- Charging profiles (OCPP 1.6 §5.11)
create temporary table profile as
select '{
    "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]
    }
}'::jsonb as profile;
grant select on pg_temp.profile to public;
create function pg_temp.with_profile(p jsonb) returns jsonb language sql as $$
    select '{"charge_point": "GW-CP-1", "id_token": "ANY"}'::jsonb
        || jsonb_build_object('charging_profile', p);
$$;
select is(
    (
        select c.payload -> 'chargingProfile'
        from api.remote_start_transaction(
            'GW-CP-1', 'ANY', charging_profile => (select p.profile from pg_temp.profile as p)
        ) as c
    ),
    (select p.profile || '{"chargingProfileId": 1}' from pg_temp.profile as p),
    'a profile goes along and is given a number'
);
select is(
    pg_temp.refuses_start(pg_temp.with_profile(
        p.profile || '{"chargingProfilePurpose": "TxDefaultProfile"}'
    )),
    'PT400 charging_profile_invalid', 'it is a TxProfile'
) from pg_temp.profile as p;
select is(
    pg_temp.refuses_start(pg_temp.with_profile(p.profile || '{"transactionId": 7}')),
    'PT400 charging_profile_invalid', 'of no transaction: there is none yet'
) from pg_temp.profile as p;
select is(
    pg_temp.refuses_start(pg_temp.with_profile('"slow"')), 'PT400 command_payload_invalid',
    'a text is no profile'
);
select is(
    pg_temp.refuses_start(pg_temp.with_profile('999999')), 'PT404 charging_profile_unknown',
    'a number is one of charging_profiles'
);
select tests.act_as_owner();
insert into core.charging_profiles (tenant_id, id, name, purpose, kind, schedule)
overriding system value
select v.tenant_id, v.id, 'slow ' || v.id, v.purpose, 'Relative', p.profile -> 'chargingSchedule'
from pg_temp.profile as p
cross join (
    values (101, 7001, 'TxProfile'), (101, 7002, 'TxDefaultProfile'), (102, 7003, 'TxProfile')
) as v (tenant_id, id, purpose);
select tests.act_as('greenway.operator');
select is(
    (
        select c.payload -> 'chargingProfile'
        from api.remote_start_transaction('GW-CP-1', 'ANY', charging_profile => '7001') as c
    ),
    (select p.profile || '{"chargingProfileId": 1}' from pg_temp.profile as p),
    'which is written as OCPP wants it'
);
select is(
    pg_temp.refuses_start(pg_temp.with_profile('7002')), 'PT400 charging_profile_invalid',
    'if it is a TxProfile'
);
select is(
    pg_temp.refuses_start(pg_temp.with_profile('7003')), 'PT404 charging_profile_unknown',
    'and not another tenant''s'
);

-- OCPP 1.6 §4.2
select tests.act_as_owner();
update core.charge_points set registration_status = 'Pending' where id = 1001;
select tests.act_as('greenway.operator');
select is(
    pg_temp.refuses_start('{"charge_point": "GW-CP-1", "id_token": "ANY"}'),
    'PT409 charge_point_not_accepted', 'nothing is started where the registration is pending'
);
select tests.act_as_owner();
update core.charge_points set registration_status = 'Accepted' where id = 1001;

select tests.act_as('greenway.viewer');
select is(
    pg_temp.refuses_start('{"charge_point": "GW-CP-1", "id_token": "ANY"}'),
    'PT403 permission_missing', 'staff need the permission'
);
select tests.act_as('greenway.platform_admin');
select is(
    pg_temp.start('{"charge_point": "BC-CP-1", "id_token": "ANY"}'),
    'RemoteStartTransaction {"idTag": "ANY"} queued api', 'the platform starts anywhere'
);
select tests.act_as_anonymous();
select throws_ok(
    $$ select from api.remote_start_transaction('GW-CP-1', 'ANY') $$, '42501', null,
    'nobody starts without signing in'
);

-- Drivers -------------------------------------------------------------------------------------

select tests.act_as_owner();
delete from ops.commands where id not in (1001, 2001);
select tests.act_as('greenway.customer');
select is(
    pg_temp.start('{"evse_id": "DE*GRW*E1001*1"}'),
    'RemoteStartTransaction {"idTag": "GWTOKEN1", "connectorId": 1} queued driver',
    'a driver with one token says only where'
);
select results_eq(
    $$ select c.requested_by, c.is_kept, c.state from api.commands as c where c.id <> 1001 $$,
    $$ values (tests.user_id_of('greenway.customer'), false, 'queued') $$,
    'and sees the command'
);
select is(
    pg_temp.refuses_start('{"evse_id": "DE*GRW*E1001*1"}'), 'PT409 command_pending',
    'a second one waits for the answer to the first'
);
select tests.act_as('greenway.driver2');
select is_empty(
    $$ select from api.commands as c where c.id <> 1001 $$, 'another driver does not see it'
);
select is(
    pg_temp.start('{"evse_id": "DEGRWE1001*1", "id_token": "gwtoken2", "connector": 1}'),
    'RemoteStartTransaction {"idTag": "GWTOKEN2", "connectorId": 1} queued driver',
    'token and connector may be named'
);
select tests.act_as_owner();
delete from ops.commands where id not in (1001, 2001);
select tests.act_as('greenway.driver2');
select is(
    pg_temp.refuses_start('{"evse_id": "DE*GRW*E1001*1", "id_token": "GWTOKEN1"}'),
    'PT404 id_token_unknown', 'not with somebody else''s token'
);
select is(
    pg_temp.refuses_start('{"evse_id": "DE*GRW*E1002*1"}'), 'PT409 charge_point_offline',
    'not where the charge point is away'
);
select is(
    pg_temp.refuses_start('{"evse_id": "NL*BLU*E2001*1"}'), 'PT404 evse_unknown',
    'not at another tenant''s'
);
select is(pg_temp.refuses_start('{}'), 'PT400 evse_id_required', 'not without a place');
select is(
    pg_temp.refuses_start('{"charge_point": "BC-CP-1"}'), 'PT404 charge_point_unknown',
    'not at another tenant''s charge point'
);
select is(
    pg_temp.refuses_start('{"evse_id": "DE*GRW*E1001*1", "keep": true}'),
    'PT403 permission_missing', 'and they keep no command'
);
select is(
    pg_temp.refuses_start('{"evse_id": "DE*GRW*E1001*1", "connector": 2}'),
    'PT404 connector_unknown', 'not at a connector that is not there'
);

-- What the token may not do, it may not do from afar (charging.judge_id_token).
create function pg_temp.as_driver_after(p_change text, p jsonb default '{}')
returns text language plpgsql as $$
declare
    v_found text;
begin
    begin
        perform tests.act_as_owner();
        execute p_change;
        perform tests.act_as('greenway.driver2');
        v_found := pg_temp.refuses_start('{"evse_id": "DE*GRW*E1001*1"}'::jsonb || p);
        raise exception 'undo';
    exception when raise_exception then
        null;
    end;
    return v_found;
end;
$$;
select is(
    pg_temp.as_driver_after(v.change, v.more), v.expected, v.sentence
)
from (values
    (
        'update core.id_tokens set is_blocked = true where id = 1002', '{}'::jsonb,
        'PT400 id_token_required', 'a blocked token is none'
    ),
    (
        'update core.id_tokens set is_blocked = true where id = 1002', '{"id_token": "GWTOKEN2"}',
        'PT403 id_token_refused id_token_blocked Blocked', 'and refused where it is named'
    ),
    (
        $$insert into core.id_tokens (tenant_id, id_token, user_id)
          values (101, 'SECOND', tests.user_id_of('greenway.driver2'))$$, '{}',
        'PT400 id_token_required', 'one of two tokens has to be named'
    ),
    (
        $$insert into core.sites (tenant_id, id, name, country_code, time_zone)
          overriding system value values (101, 1777, 'Elsewhere', 'DE', 'UTC');
          insert into core.id_token_rights (tenant_id, id_token_id, site_id)
          values (101, 1002, 1777)$$, '{}',
        'PT403 id_token_refused no_right_here Blocked', 'one with rights elsewhere has none here'
    ),
    (
        $$update core.sessions set state = 'active', ended_at = null where id = 1002$$, '{}',
        'PT403 id_token_refused too_many_transactions ConcurrentTx',
        'a token that is charging elsewhere may not begin here'
    ),
    (
        $$update core.connectors set status = 'Charging' where id = 1001$$, '{}',
        'PT409 connector_unavailable Charging', 'an occupied connector is refused at once'
    ),
    (
        $$update core.connectors set status = 'Reserved' where id = 1001$$, '{}',
        'PT409 connector_unavailable Reserved', 'and one reserved for somebody else'
    ),
    (
        $$update core.connectors set status = 'Reserved' where id = 1001;
          insert into core.reservations (tenant_id, charge_point_id, reservation_no,
              ocpp16_connector_id, id_token, state, expires_at)
          values (101, 1001, 77, 1, 'gwtoken2', 'reserved', now() + interval '1 hour')$$, '{}',
        'none', 'but not where it is reserved for the token'
    ),
    (
        $$insert into core.connectors (tenant_id, charge_point_id, evse_id, connector_no,
              ocpp16_connector_id, status)
          values (101, 1001, 1001, 2, 2, 'Available')$$, '{}',
        'PT400 connector_required', 'of two free connectors one has to be named'
    ),
    (
        $$insert into core.connectors (tenant_id, charge_point_id, evse_id, connector_no,
              ocpp16_connector_id, status)
          values (101, 1001, 1001, 2, 2, 'Preparing')$$, '{}',
        'none', 'unless the plug is in one of them'
    ),
    (
        'select 1', '{"evse_id": null, "charge_point": "gw-cp-1"}',
        'none', 'a driver who knows the identity of the charge point may name that'
    ),
    (
        'select 1', '{"evse_id": null, "charge_point": "gw-cp-1", "connector": 2}',
        'PT404 connector_unknown', 'with the number of a connector'
    )
) as v (change, more, expected, sentence);

-- Trying identities tells nobody which there are.
select results_eq(
    $$ select distinct pg_temp.as_driver_after(
           v.change, jsonb_build_object('evse_id', null, 'charge_point', p.identity) || v.more
       )
       from (values ('GW-CP-1'), ('GW-CP-2'), ('BC-CP-1'), ('NOT-THERE')) as p (identity)
       cross join (
           values (
               $a$insert into core.sites (tenant_id, id, name, country_code, time_zone)
                 overriding system value values (101, 1777, 'Elsewhere', 'DE', 'UTC');
                 insert into core.id_token_rights (tenant_id, id_token_id, site_id)
                 values (101, 1002, 1777)$a$, '{}'::jsonb
           )
       ) as v (change, more) $$,
    $$ values ('PT404 charge_point_unknown') $$,
    'a charge point where the token has no right is unknown: here, away, of others or nowhere'
);
select results_eq(
    $$ select distinct pg_temp.as_driver_after(
           'update core.id_tokens set is_blocked = true where id = 1002',
           jsonb_build_object(
               'evse_id', null, 'charge_point', p.identity, 'id_token', 'GWTOKEN2'
           )
       )
       from (values ('GW-CP-1'), ('GW-CP-2'), ('BC-CP-1'), ('NOT-THERE')) as p (identity) $$,
    $$ values ('PT403 id_token_refused id_token_blocked Blocked') $$,
    'and a blocked token is told so wherever it asks'
);

-- Stopping ------------------------------------------------------------------------------------

select tests.act_as_owner();
delete from ops.commands where id not in (1001, 2001);
update core.sessions set state = 'active', ended_at = null, transaction_id = '4711'
where id in (1001, 2001);
select tests.act_as('greenway.operator');
select results_eq(
    $$ select pg_temp.stop(v.p::jsonb)
       from (values
           ('{"session_id": 1001}'), ('{"transaction_id": "4711"}'),
           ('{"transaction_id": "4711", "charge_point": "gw-cp-1"}')
       ) as v (p) $$,
    $$ select 'RemoteStopTransaction {"transactionId": 4711} queued api'
       from generate_series(1, 3) $$,
    'staff stop a session by its number or its transaction'
);
select results_eq(
    $$ select pg_temp.refuses_stop(v.p::jsonb)
       from (values
           ('{}'), ('{"session_id": 2001}'), ('{"session_id": 1002}'),
           ('{"transaction_id": "4711", "charge_point": "GW-CP-2"}'), ('{"transaction_id": "1"}')
       ) as v (p) $$,
    $$ values
           ('PT400 session_required'), ('PT404 session_unknown'), ('PT409 session_ended'),
           ('PT404 session_unknown'), ('PT404 session_unknown') $$,
    'one that is there and runs'
);
select tests.act_as('greenway.platform_admin');
select results_eq(
    $$ select pg_temp.refuses_stop(v.p::jsonb)
       from (values ('{"transaction_id": "4711"}'), ('{"session_id": 2001}')) as v (p) $$,
    $$ values ('PT400 session_required'), ('none') $$,
    'the platform stops any; two of one transaction id are told apart'
);
select tests.act_as('greenway.customer');
select results_eq(
    $$ select pg_temp.refuses_stop(v.p::jsonb)
       from (values
           ('{"session_id": 1001, "keep": true}'),
           ('{"session_id": 1001, "charge_point": "GW-CP-2"}'), ('{"session_id": 1001}'),
           ('{"transaction_id": "4711", "charge_point": "GW-CP-1"}')
       ) as v (p) $$,
    $$ values
           ('PT403 permission_missing'), ('PT404 session_unknown'), ('none'),
           ('PT409 command_pending') $$,
    'a driver stops their own session'
);
select tests.act_as('greenway.driver2');
select is(
    pg_temp.refuses_stop('{"session_id": 1001}'), 'PT404 session_unknown',
    'and nobody else''s'
);

select * from finish();
rollback;
