-- Handshakes: who may connect, over which protocol, and which socket counts.
begin;
select plan(60);
select tests.act_as_owner();

delete from ops.connections;
delete from ops.presence;
delete from core.charge_point_keys;
insert into core.charge_point_keys (tenant_id, id, charge_point_id, key_hash)
overriding system value
values
    (101, 1, 1001, fleet.hash_charge_point_key('AAAAABBBBBCCCCCDDDDD')),
    (102, 3, 2001, fleet.hash_charge_point_key('bluebluebluebluebluB'));
update core.charge_points as c set security_profile = 0 where c.id = 1002;
-- Another tenant's charger without a key must never be reached through this one's address.
update core.charge_points as c set security_profile = 0 where c.id = 2002;

-- A handshake with the defaults of an honest charger.
create function pg_temp.connect(
    p_path text[],
    p_username text,
    p_password bytea,
    p_offered text[] default '{ocpp1.6}',
    p_tls_version text default null,
    p_bridge_id uuid default '00000000-0000-4000-b000-000000000001',
    p_certificate jsonb default null
)
returns jsonb
language sql
as $$
    select ocpp.open_connection(
        p_bridge_id, p_path, p_username, p_password, p_offered, '192.0.2.1:5000', p_tls_version,
        p_certificate, 'Charger/1'
    )
$$;
create function pg_temp.human_key() returns bytea language sql immutable as $$
    select convert_to('open: sesame', 'UTF8') || '\x00ff'
$$;
grant execute on function pg_temp.human_key() to bridge;
grant execute on function pg_temp.connect(
    text[], text, bytea, text[], text, uuid, jsonb
) to bridge;

-- Accepted -----------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'AAAAABBBBBCCCCCDDDDD') - 'connection_id',
    '{"status": 101, "identity": "GW-CP-1", "subprotocol": "ocpp1.6", "settle_s": null,
      "command_timeout_s": null, "command_gap_s": null}',
    'the right key opens a connection'
);
select tests.act_as_owner();
select results_eq(
    $$ select c.tenant_id, c.charge_point_id, c.bridge_id, c.outcome, c.subprotocol,
           c.remote_address, c.user_agent, c.is_tls, c.security_profile::integer, c.flags,
           c.closed_at
       from ops.connections as c $$,
    $$ values (101::bigint, 1001::bigint, '00000000-0000-4000-b000-000000000001'::uuid,
        'accepted', 'ocpp1.6', '192.0.2.1:5000', 'Charger/1', false, 1, '{}'::text[],
        null::timestamptz) $$,
    'it is in the connection log'
);
select results_eq(
    $$ select p.connection_id, p.is_connected, p.last_seen_at between now() and clock_timestamp()
       from ops.presence as p where p.charge_point_id = 1001 $$,
    $$ select c.id, true, true from ops.connections as c $$,
    'the charger is present on it'
);
select results_eq(
    $$ select k.first_used_at is not null, k.last_used_at is not null, k.retired_at is null
       from core.charge_point_keys as k where k.id = 1 $$,
    $$ values (true, true, true) $$, 'the use of the key is noted'
);
select is(
    (select c.ocpp_version from core.charge_points as c where c.id = 1001), '1.6',
    'and the version that is spoken'
);

-- Identity and path ----------------------------------------------------------------------------

select tests.act_as_login('bridge');
select is(
    pg_temp.connect(p.path, p.username, 'AAAAABBBBBCCCCCDDDDD') ->> 'identity', 'GW-CP-1',
    p.description
)
from (
    values
        ('{gw-cp-1}'::text[], 'Gw-Cp-1', 'identities and user names are compared without case'),
        ('{greenway,GW-CP-1}', 'GW-CP-1', 'the segment before the identity may name the tenant'),
        ('{GREENWAY,GW-CP-1}', 'GW-CP-1', 'in any case'),
        ('{ocpp,4,GW-CP-1}', 'GW-CP-1', 'other segments are passed over')
) as p (path, username, description);
select is(
    pg_temp.connect('{bluecharge,GW-CP-1}', 'GW-CP-1', 'AAAAABBBBBCCCCCDDDDD') ->> 'status', '401',
    'a charger that names another tenant is unknown there'
);
select is(
    pg_temp.connect('{greenway,BC-CP-2}', null, null) ->> 'status', '401',
    'so is another tenant''s charger that needs no key'
);
select is(
    pg_temp.connect(p.path, 'x', 'AAAAABBBBBCCCCCDDDDD') ->> 'status', '404', p.description
)
from (
    values
        ('{}'::text[], 'an address without an identity is no charger''s'),
        (null, 'nor is no address at all'),
        ('{GW:CP}', 'nor an identity with a colon'),
        (array[repeat('x', 49)], 'nor one of more than 48 characters'),
        ('{"GW CP"}', 'nor one with a blank'),
        ('{Säule}', 'nor one beyond ASCII')
) as p (path, description);
select is(
    pg_temp.connect(
        '{GW-CP-1}', 'GW-CP-1', 'AAAAABBBBBCCCCCDDDDD',
        p_bridge_id => '00000000-0000-4000-b000-00000000ffff'
    ) ->> 'status', '503', 'a bridge that has not registered opens nothing'
);

-- Refused ------------------------------------------------------------------------------------

select tests.act_as_owner();
delete from ops.connections;
delete from core.unknown_charge_points;
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', p.username, p.password),
    jsonb_build_object('status', 401, 'reason', p.reason), p.description
)
from (
    values
        ('GW-CP-1', 'wrongwrongwrongwrong'::bytea, 'wrong_key', 'a wrong key is refused'),
        ('GW-CP-1', '', 'wrong_key', 'an empty one, too'),
        ('GW-CP-1', null, 'no_credentials', 'no credentials, too'),
        ('GW-CP-2', 'AAAAABBBBBCCCCCDDDDD', 'wrong_user_name', 'the user name is the identity'),
        (null, 'AAAAABBBBBCCCCCDDDDD', 'wrong_user_name', 'and not missing'),
        ('GW-CP-1', 'bluebluebluebluebluB', 'wrong_key', 'another charger''s key is wrong here'),
        ('GW-CP-1', 'aaaaabbbbbcccccddddd', 'wrong_key', 'keys have case'),
        ('GW-CP-1', '\xff00fe3a', 'wrong_key', 'a key may be any bytes')
) as p (username, password, reason, description);
select is(
    pg_temp.connect('{NOBODY}', 'NOBODY', 'AAAAABBBBBCCCCCDDDDD'),
    '{"status": 401, "reason": "unknown_charge_point"}', 'an unknown charger gets the same status'
);
select is(
    pg_temp.connect('{bluecharge,NOBODY}', 'NOBODY', null),
    '{"status": 401, "reason": "unknown_charge_point"}', 'and so does one that names a tenant'
);
select tests.act_as_owner();
select results_eq(
    $$ select c.tenant_id, c.charge_point_id, c.outcome, c.refuse_reason, c.attempts,
           c.closed_at is not null
       from ops.connections as c order by c.refuse_reason $$,
    $$ values
           (101::bigint, 1001::bigint, 'refused', 'no_credentials', 1, true),
           (101::bigint, 1001::bigint, 'refused', 'wrong_key', 5, true),
           (101::bigint, 1001::bigint, 'refused', 'wrong_user_name', 2, true) $$,
    'refusals of one charge point within a minute are a row for each reason that counts them'
);
select results_eq(
    $$ select u.tenant_id, u.identity, u.has_sent_key
       from core.unknown_charge_points as u order by u.tenant_id $$,
    $$ values (102::bigint, 'NOBODY', false), (null, 'NOBODY', true) $$,
    'unknown chargers are in the inbox of the tenant they named, or in nobody''s'
);
update ops.connections as c set opened_at = c.opened_at - interval '2 minutes';
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'wrong') ->> 'status', '401', 'two minutes later'
);
select tests.act_as_owner();
select is((select count(*) from ops.connections), 4::bigint, 'the next minute has its own row');
select is(
    (select p.connection_id from ops.presence as p where p.charge_point_id = 1001) is not null,
    true, 'a refusal does not disturb the socket that is open'
);

-- Security profiles ----------------------------------------------------------------------------

select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-2}', null, null) ->> 'status', '101',
    'profile 0, an exception of one charger, needs no key'
);
select tests.act_as_owner();
select is(
    (select c.flags from ops.connections as c where c.charge_point_id = 1002), '{no_key}',
    'the log says so'
);
update core.charge_points as c set security_profile = 1, is_enabled = false where c.id = 1001;
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'AAAAABBBBBCCCCCDDDDD'),
    '{"status": 403, "reason": "disabled"}', 'a disabled charger with its key is told so'
);
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'wrong') ->> 'status', '401',
    'without its key it learns nothing'
);
select tests.act_as_owner();
update core.charge_points as c set is_enabled = true where c.id = 1001;
update core.tenants as t set is_active = false where t.id = 101;
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'AAAAABBBBBCCCCCDDDDD') ->> 'status', '403',
    'chargers of an inactive tenant are disabled'
);
select tests.act_as_owner();
update core.tenants as t set is_active = true where t.id = 101;

-- Keys -----------------------------------------------------------------------------------------

delete from ops.connections;
select tests.act_as_login('bridge');
select is(
    pg_temp.connect(
        '{GW-CP-1}', 'GW-CP-1', encode('AAAAABBBBBCCCCCDDDDD', 'hex')::bytea
    ) ->> 'status', '101', 'a key may be sent as the hex digits of its bytes'
);
select tests.act_as_owner();
select is(
    (select c.flags from ops.connections as c where c.charge_point_id = 1001), '{hex_key}',
    'the log says so'
);
insert into core.charge_point_keys (tenant_id, id, charge_point_id, key_hash)
overriding system value
values (101, 2, 1001, fleet.hash_charge_point_key('EEEEEFFFFFGGGGGHHHHH'));
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'AAAAABBBBBCCCCCDDDDD') ->> 'status', '101',
    'the old key opens as long as the new one has not connected'
);
select tests.act_as_owner();
select results_eq(
    $$ select c.flags from ops.connections as c
       where c.charge_point_id = 1001 and c.closed_at is null $$,
    $$ values ('{old_key}'::text[]) $$, 'which the log says'
);
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'EEEEEFFFFFGGGGGHHHHH') ->> 'status', '101',
    'the new key connects'
);
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'AAAAABBBBBCCCCCDDDDD') ->> 'status', '401',
    'from then on the old one is refused'
);
select tests.act_as_owner();
update core.charge_point_keys as k
set key_hash = convert_to(
        extensions.crypt(
            encode(fleet.hash_charge_point_key(pg_temp.human_key()), 'hex'),
            extensions.gen_salt('bf', 4)
        ), 'UTF8'
    ),
    is_human_chosen = true
where k.id = 3;
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{BC-CP-1}', 'BC-CP-1', pg_temp.human_key()) ->> 'status', '101',
    'a key that a person chose opens, too'
);
select is(
    pg_temp.connect('{BC-CP-1}', 'BC-CP-1', 'open barley') ->> 'status', '401', 'others do not'
);
select tests.act_as_owner();
update ops.connections as c set attempts = 20 where c.outcome = 'refused';
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{BC-CP-1}', 'BC-CP-1', pg_temp.human_key()) ->> 'status', '401',
    'after 20 refusals within a minute the slow check is not made'
);

-- Subprotocols -----------------------------------------------------------------------------------

select is(
    pg_temp.connect('{GW-CP-2}', null, null, '{ocpp9.9,ocpp1.6,ocpp1.5}') ->> 'subprotocol',
    'ocpp1.6', 'the first offered protocol that the database speaks is taken'
);
select is(
    pg_temp.connect('{GW-CP-2}', null, null, p.offered),
    '{"status": 101, "connection_id": null, "subprotocol": null, "close_code": 1002,
      "close_reason": "no common subprotocol"}',
    p.description
)
from (
    values
        (
            '{OCPP1.6,ocpp1.6j}'::text[],
            'with none in common the handshake ends and the socket closes'
        ),
        ('{}', 'as it does with none offered'),
        (null, 'or no header at all')
) as p (offered, description);
select tests.act_as_owner();
update core.charge_points as c set quirks = '{"assume_subprotocol": "ocpp1.6"}' where c.id = 1002;
delete from ops.connections;
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-2}', null, null, '{}') ->> 'subprotocol', 'ocpp1.6',
    'unless the charger is known to send none'
);
select is(
    pg_temp.connect('{GW-CP-2}', null, null, '{ocpp9.9}') ->> 'close_code', '1002',
    'which is no excuse for naming a wrong one'
);

-- Epochs -----------------------------------------------------------------------------------------

select is(pg_temp.connect('{GW-CP-2}', null, null) ->> 'status', '101', 'a second socket opens');
select tests.act_as_owner();
select results_eq(
    $$ select c.flags, c.closed_at is null, c.close_code, c.close_reason
       from ops.connections as c where c.outcome = 'accepted' order by c.id $$,
    $$ values
        ('{assumed_subprotocol,no_key}'::text[], false, 1008, 'replaced'),
        ('{no_key}', true, null, null) $$,
    'the one before it is replaced'
);
select is(
    (select p.connection_id from ops.presence as p where p.charge_point_id = 1002),
    (select max(c.id) from ops.connections as c where c.outcome = 'accepted'),
    'and the charger is present on the new one'
);

-- A stolen key ---------------------------------------------------------------------------------

delete from core.charge_point_keys as k where k.charge_point_id = 1001;
insert into core.charge_point_keys (tenant_id, charge_point_id, key_hash)
values (101, 1001, fleet.hash_charge_point_key('stolenstolenstolen12'));
update core.charge_points as c set security_profile = 1, is_enabled = true where c.id = 1001;
select tests.act_as('greenway.operator');
select api.create_charge_point_key(1001);
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'stolenstolenstolen12') ->> 'status', '101',
    'a key stays valid until the charge point has connected with a newer one'
);
select tests.act_as('greenway.operator');
select set_config(
    'tests.key', api.create_charge_point_key(1001, revoke_others => true) ->> 'key', true
);
select tests.act_as_login('bridge');
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', 'stolenstolenstolen12') ->> 'reason', 'wrong_key',
    'one that was revoked does not'
);
select is(
    pg_temp.connect('{GW-CP-1}', 'GW-CP-1', convert_to(current_setting('tests.key'), 'UTF8'))
    ->> 'status',
    '101', 'the key made in its place is valid'
);
select tests.act_as_owner();
select results_eq(
    $$ select k.tenant_id, count(*) filter (where k.retired_at is null)
       from core.charge_point_keys as k group by 1 order by 1 $$,
    $$ values (101::bigint, 1::bigint), (102, 1) $$, 'other charge points keep theirs'
);
select * from finish();
rollback;
