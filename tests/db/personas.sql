-- Personas: two tenants with people of every role and one of everything in each, so that every
-- leak test has the other tenant's row in front of it.
--
-- Loaded into the template database after migrations and code, by the login that migrates.
-- Ids are fixed: greenway is tenant 101 and its rows are 1001, 1002; bluecharge is 102 with 2001,
-- 2002. Everybody's password is 'correct-horse-7'. Helpers are functions of schema tests:
--     select tests.act_as('greenway.operator');   -- as PostgREST would for that person
--     select tests.act_as_anonymous();            -- without a JWT
--     select tests.act_as_login('bridge');        -- as a database login
--     select tests.act_as_owner();                -- as voltaro_owner
--     select tests.reset();                       -- as the superuser again
-- Each is local to the transaction.

-- Not voltaro_owner's: the lints are about the product.
set role none;

-- Logins of analysts: one of each tenant and one of nobody's. Roles are of the whole server, so
-- a test that made them in its transaction would wait for another that does the same.
do $$
declare
    v_login text;
begin
    foreach v_login in array array['greenway_analyst', 'bluecharge_analyst', 'matrix_analyst'] loop
        if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_login) then
            execute format('create role %I login in role analyst', v_login);
        end if;
    end loop;
end;
$$;

create schema tests;
grant usage on schema tests to public;

create table tests.personas (
    name text primary key,
    tenant_id bigint not null,
    user_id uuid not null,
    role text not null,
    audience text not null,
    sid uuid not null
);
grant select on tests.personas to public;

insert into tests.personas (name, tenant_id, user_id, role, audience, sid)
select
    t.slug || '.' || p.name,
    t.id,
    -- `both` is one person with one number; of the others there is one in each tenant.
    format(
        '00000000-0000-4000-8000-%s',
        lpad(p.number || case when p.name <> 'both' then t.digit else '' end, 12, '0')
    )::uuid,
    p.role,
    p.audience,
    format('00000000-0000-4000-9000-%s', lpad(p.number || t.digit, 12, '0'))::uuid
from (values (101, 'greenway', '1'), (102, 'bluecharge', '2')) as t (id, slug, digit)
cross join (
    values
        ('platform_admin', '100', 'platform_admin', 'platform'),
        ('admin', '200', 'admin', 'staff'),
        ('operator', '300', 'operator', 'staff'),
        ('support', '400', 'support', 'staff'),
        ('customer', '500', 'customer', 'customer'),
        ('driver2', '600', 'customer', 'customer'),
        -- Staff without any permission.
        ('viewer', '700', 'viewer', 'staff'),
        -- Membership switched off.
        ('inactive', '800', 'operator', 'staff'),
        -- One person in both tenants: an operator here, an admin there.
        ('both', '900', 'operator', 'staff'),
        ('accountant', '950', 'accountant', 'staff')
) as p (name, number, role, audience);
update tests.personas set role = 'admin' where name = 'bluecharge.both';

-- Claims of a token that api.login would give, good for an hour.
create function tests.claims_of(p_persona text)
returns jsonb
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'role', p.audience, 'sub', p.user_id, 'tenant_id', p.tenant_id, 'sid', p.sid,
        'jti', gen_random_uuid(), 'iss', 'voltaro', 'aud', 'voltaro-api',
        'iat', extract(epoch from now())::bigint, 'exp', extract(epoch from now())::bigint + 3600
    )
    from tests.personas as p
    where p.name = p_persona;
$$;

create function tests.user_id_of(p_persona text)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select p.user_id from tests.personas as p where p.name = p_persona;
$$;

-- What PostgREST does with a verified token: its claims, then its role.
create function tests.act_with(p_claims jsonb)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
        set_config('session_authorization', 'authenticator', true),
        set_config('request.jwt.claims', p_claims::text, true),
        set_config('role', coalesce(p_claims ->> 'role', 'anon'), true);
end;
$$;

create function tests.act_as(p_persona text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claims constant jsonb := tests.claims_of(p_persona);
begin
    if v_claims is null then
        raise exception 'there is no persona %', p_persona;
    end if;
    perform tests.act_with(v_claims);
end;
$$;

create function tests.act_as_anonymous()
returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select tests.act_with('{"role": "anon"}');
$$;

create function tests.act_as_login(p_login text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
        set_config('session_authorization', p_login, true),
        set_config('request.jwt.claims', '', true);
end;
$$;

create function tests.reset()
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    reset session authorization;
    perform set_config('request.jwt.claims', '', true);
end;
$$;

create function tests.act_as_owner()
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform tests.reset();
    perform set_config('role', 'voltaro_owner', true);
end;
$$;

grant execute on all functions in schema tests to public;

-- A call as the dispatcher makes it, without the dispatcher: charge point 2xxx is bluecharge's.
--     select tests.call('StartTransaction', '{...}');
--     select tests.call('StopTransaction', '{...}', 2001, now() + interval '1 hour');

create function tests.call(
    p_action text,
    p_payload jsonb,
    p_charge_point_id bigint default 1001,
    p_received_at timestamptz default now()
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_call ops.ocpp_call := (
        1001, case when p_charge_point_id >= 2000 then 102 else 101 end, p_charge_point_id,
        gen_random_uuid(), p_received_at, null
    );
    v_reply jsonb;
begin
    execute ocpp.find_handler('ocpp1.6', p_action) into v_reply using v_call, p_payload;
    return v_reply;
end;
$$;

-- Now and a while, as a charger writes it.
create function tests.clock(p_while interval default '0')
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select to_char((now() + p_while) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
$$;

-- What a bridge does with the next command of a charge point that has its connection open: take it,
-- and have it answered. Returns the payload as it was sent, null when none waited. Who one acts as
-- stays as it is.
--     select tests.answer('{"status": "Accepted"}');
--     select tests.answer(null, p_outcome => 'timeout');

create function tests.answer(
    p_result jsonb,
    p_charge_point_id bigint default 1001,
    p_outcome text default 'result',
    p_error_code text default null
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_bridge_id constant uuid := '00000000-0000-4000-b000-000000000001';
    v_login constant text := current_setting('session_authorization');
    v_role constant text := current_setting('role');
    v_claims constant text := coalesce(current_setting('request.jwt.claims', true), '');
    v_taken record;
begin
    perform tests.act_as_login('bridge');
    select t.message_id, t.payload::jsonb as payload into v_taken
    from ocpp.take_commands(v_bridge_id, array[p_charge_point_id]) as t;
    if found then
        perform ocpp.finish_commands(
            array[p_charge_point_id], array[v_taken.message_id], array[p_outcome],
            array[p_result::text], array[p_error_code], array[null::text], array[null::text],
            array[now()]
        );
    end if;
    perform
        set_config('session_authorization', v_login, true),
        set_config('request.jwt.claims', v_claims, true),
        set_config('role', v_role, true);
    return v_taken.payload;
end;
$$;

-- The answer to a command that is unknown, when it comes after all.

create function tests.answer_late(p_command_id bigint, p_result jsonb)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_login constant text := current_setting('session_authorization');
    v_role constant text := current_setting('role');
    v_claims constant text := coalesce(current_setting('request.jwt.claims', true), '');
    v_command record;
begin
    perform tests.act_as_owner();
    select q.* into v_command from ops.commands as q where q.id = p_command_id;
    perform tests.act_as_login('bridge');
    perform ocpp.finish_commands(
        array[v_command.connection_id], array[v_command.message_id], array['result'],
        array[p_result::text], array[null::text], array[null::text], array[null::text],
        array[now()]
    );
    perform
        set_config('session_authorization', v_login, true),
        set_config('request.jwt.claims', v_claims, true),
        set_config('role', v_role, true);
end;
$$;

grant usage on schema tests to voltaro_owner;
set role voltaro_owner;

-- Partitions around now, where `migrate` has not made them.
do $$
declare
    v_table text;
begin
    for v_table in
        select p.table_name
        from ops.partitioned_tables as p
        where not exists (
            select from pg_catalog.pg_inherits as i where i.inhparent = p.table_name::regclass
        )
    loop
        execute format(
            'create table %s partition of %s for values from (%L) to (%L)',
            v_table || '_now', v_table, now() - interval '40 days', now() + interval '40 days'
        );
        execute format('alter table %s enable row level security', v_table || '_now');
    end loop;
end;
$$;

insert into ops.secrets (name, value)
values
    ('jwt_secret', 'a secret for tests, 32 bytes or more of it'),
    ('charge_point_key_pepper', 'a pepper for tests')
on conflict (name) do nothing;
-- The cheapest hash: tests sign in often.
update ops.settings set value = '4' where name = 'access.bcrypt_cost';

-- People ----------------------------------------------------------------------------------

insert into core.tenants (id, slug, name, country_code, party_id, time_zone, allows_sign_up)
overriding system value
values
    (101, 'greenway', 'Greenway Charging', 'DE', 'GRW', 'Europe/Berlin', true),
    (102, 'bluecharge', 'Bluecharge', 'NL', 'BLU', 'Europe/Amsterdam', false);

insert into core.roles (tenant_id, name, audience, description)
values
    (101, 'viewer', 'staff', 'Looks only.'),
    (102, 'viewer', 'staff', 'Looks only.');

insert into core.users (id, email, full_name, email_verified_at)
select distinct on (p.user_id)
    p.user_id,
    case
        when p.name like '%.both' then 'both@example.org'
        else split_part(p.name, '.', 2) || '@' || split_part(p.name, '.', 1) || '.example'
    end,
    initcap(replace(p.name, '.', ' ')),
    now()
from tests.personas as p
order by p.user_id, p.name;

insert into core.credentials (user_id, password_hash)
select p.user_id, h.password_hash
from (select distinct user_id from tests.personas) as p
cross join (
    select extensions.crypt('correct-horse-7', extensions.gen_salt('bf', 4)) as password_hash
) as h;

insert into core.memberships (tenant_id, user_id, role_id, is_active, accepted_at)
select p.tenant_id, p.user_id, r.id, p.name not like '%.inactive', now()
from tests.personas as p
inner join core.roles as r on r.tenant_id = p.tenant_id and r.name = p.role;

insert into core.login_sessions (id, tenant_id, user_id, expires_at)
select p.sid, p.tenant_id, p.user_id, now() + interval '30 days'
from tests.personas as p;

insert into core.api_keys (tenant_id, id, user_id, name, prefix, key_hash)
overriding system value
select p.tenant_id, t.n + 1, p.user_id, 'reporting', 'vk_' || t.n, sha256(('key-' || t.n)::bytea)
from (values (101, 1000), (102, 2000)) as t (id, n)
inner join tests.personas as p on p.tenant_id = t.id and p.name like '%.admin';

insert into core.refresh_tokens (token_hash, login_session_id, expires_at)
select sha256(p.name::bytea), p.sid, now() + interval '30 days'
from tests.personas as p;

insert into core.one_time_tokens (token_hash, user_id, purpose, expires_at)
select sha256(('reset ' || p.name)::bytea), p.user_id, 'password_reset', now() + interval '1 hour'
from tests.personas as p
where p.name like '%.admin';

insert into core.revoked_tokens (jti, expires_at)
values ('00000000-0000-4000-a000-000000000001', now() + interval '1 hour');

insert into core.identity_providers (issuer, audience)
values ('https://id.greenway.example', 'voltaro'), ('https://id.bluecharge.example', 'voltaro');
insert into core.identities (issuer, subject, user_id)
select
    format('https://id.%s.example', split_part(p.name, '.', 1)), 'subject|' || p.name, p.user_id
from tests.personas as p;

insert into core.analysts (login, tenant_id)
values ('greenway_analyst', 101), ('bluecharge_analyst', 102);

insert into ops.login_attempts (subject_hash, failures) values (sha256('nobody'), 1);
insert into ops.outbox (tenant_id, kind, idempotency_key, payload)
values
    (101, 'email', 'greenway-1', '{"to": "admin@greenway.example"}'),
    (102, 'email', 'bluecharge-1', '{"to": "admin@bluecharge.example"}');

-- Fleet -----------------------------------------------------------------------------------
-- n is 1000 at greenway and 2000 at bluecharge.

insert into core.sites (
    tenant_id, id, name, address, postal_code, city, country_code, latitude, longitude, time_zone
)
overriding system value
values
    (
        101, 1001, 'Depot', 'Hafenstraße 1', '20095', 'Hamburg', 'DE', 53.55, 9.99,
        'Europe/Berlin'
    ),
    (102, 2001, 'Depot', 'Kade 1', '1011', 'Amsterdam', 'NL', 52.37, 4.9, 'Europe/Amsterdam');

insert into core.charge_points (tenant_id, id, identity, site_id, name, max_power_w)
overriding system value
values
    (101, 1001, 'GW-CP-1', 1001, 'Greenway one', 22000),
    (101, 1002, 'GW-CP-2', null, 'Greenway two', 11000),
    (102, 2001, 'BC-CP-1', 2001, 'Bluecharge one', 22000),
    (102, 2002, 'BC-CP-2', null, 'Bluecharge two', 11000);

insert into core.charge_point_identities (identity_key, tenant_id, charge_point_id)
select lower(cp.identity), cp.tenant_id, cp.id
from core.charge_points as cp
where cp.tenant_id in (101, 102)
on conflict do nothing;

insert into core.charge_point_keys (tenant_id, id, charge_point_id, key_hash)
overriding system value
values
    (101, 1001, 1001, sha256('key of GW-CP-1')),
    (102, 2001, 2001, sha256('key of BC-CP-1'));

insert into core.evses (tenant_id, id, charge_point_id, evse_no, evse_id)
overriding system value
values
    (101, 1001, 1001, 1, 'DE*GRW*E1001*1'), (101, 1002, 1002, 1, 'DE*GRW*E1002*1'),
    (102, 2001, 2001, 1, 'NL*BLU*E2001*1'), (102, 2002, 2002, 1, 'NL*BLU*E2002*1');

insert into core.connectors (
    tenant_id, id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w
)
overriding system value
select
    e.tenant_id, e.id, e.charge_point_id, e.id, 1, 1, 'IEC_62196_T2', 'SOCKET', 'AC_3_PHASE',
    400, 32, 22000
from core.evses as e
where e.tenant_id in (101, 102);

insert into core.connector_status_changes (
    tenant_id, charge_point_id, ocpp16_connector_id, status, reported_at, received_at
)
values
    (101, 1001, 1, 'Available', now(), now()),
    (102, 2001, 1, 'Available', now(), now());

insert into core.charge_point_groups (tenant_id, id, name)
overriding system value
values (101, 1001, 'Fast'), (102, 2001, 'Fast');
insert into core.charge_point_group_members (tenant_id, charge_point_group_id, charge_point_id)
values (101, 1001, 1001), (102, 2001, 2001);

-- 1999 named no tenant.
insert into core.unknown_charge_points (id, tenant_id, identity, identity_key)
overriding system value
values
    (1001, 101, 'GW-NEW-1', 'gw-new-1'), (1999, null, 'STRAY-1', 'stray-1'),
    (2001, 102, 'BC-NEW-1', 'bc-new-1');

-- Id tokens -------------------------------------------------------------------------------

insert into core.id_token_groups (tenant_id, id, group_token, name)
overriding system value
values (101, 1001, 'GWGROUP1', 'Fleet'), (102, 2001, 'BCGROUP1', 'Fleet');

-- 1001 is greenway.customer's, 1002 greenway.driver2's, 1003 nobody's; 200x the same there.
insert into core.id_tokens (tenant_id, id, id_token, id_token_group_id, user_id)
overriding system value
values
    (101, 1001, 'GWTOKEN1', 1001, tests.user_id_of('greenway.customer')),
    (101, 1002, 'GWTOKEN2', null, tests.user_id_of('greenway.driver2')),
    (101, 1003, 'GWTOKEN3', null, null),
    (102, 2001, 'BCTOKEN1', 2001, tests.user_id_of('bluecharge.customer')),
    (102, 2002, 'BCTOKEN2', null, tests.user_id_of('bluecharge.driver2')),
    (102, 2003, 'BCTOKEN3', null, null);

-- The first token of each tenant is bound to the site where it is used below.
insert into core.id_token_rights (tenant_id, id, id_token_id, site_id)
overriding system value
values (101, 1001, 1001, 1001), (102, 2001, 2001, 2001);

insert into core.authorizations (
    tenant_id, charge_point_id, id_token, id_token_id, user_id, source, status, reason, decided_at
)
select
    t.tenant_id, t.id, t.id_token, t.id, t.user_id, 'authorize', 'Accepted', 'accepted', now()
from core.id_tokens as t
where t.id in (1001, 1002, 2001, 2002) and t.tenant_id in (101, 102);

insert into core.unknown_id_tokens (
    tenant_id, id, id_token, id_token_key, last_charge_point_id
)
overriding system value
values
    (101, 1001, 'GWNEW1', 'gwnew1', 1001), (102, 2001, 'BCNEW1', 'bcnew1', 2001);

-- Sessions: ended ones of customer (1001) and driver2 (1002) of greenway; the same at 200x ---

insert into core.sessions (
    tenant_id, id, charge_point_id, evse_id, connector_id, protocol, transaction_id, start_key,
    state, id_token, id_token_id, user_id, authorization_status, started_at, start_received_at,
    ended_at, stop_received_at, meter_start_wh, meter_stop_wh, energy_wh, last_meter_wh,
    last_reading_at
)
overriding system value
select
    t.tenant_id, t.id, t.id, t.id, t.id, 'ocpp1.6', (t.id * 7)::text, 'start-' || t.id, 'ended',
    t.id_token, t.id, t.user_id, 'Accepted', now() - interval '2 hours',
    now() - interval '2 hours', now() - interval '1 hour', now() - interval '1 hour', 1000, 11000,
    10000, 11000, now() - interval '1 hour'
from core.id_tokens as t
where t.id in (1001, 1002, 2001, 2002) and t.tenant_id in (101, 102);

insert into core.session_events (
    tenant_id, session_id, event, from_state, to_state, happened_at
)
select s.tenant_id, s.id, 'started', null, 'active', s.started_at
from core.sessions as s
where s.tenant_id in (101, 102)
union all
select s.tenant_id, s.id, 'ended', 'active', 'ended', s.ended_at
from core.sessions as s
where s.tenant_id in (101, 102);

insert into core.meter_values (
    tenant_id, charge_point_id, evse_no, session_id, transaction_id, sampled_at, received_at,
    context, energy_wh, power_w, payload_hash
)
select
    s.tenant_id, s.charge_point_id, 1, s.id, s.transaction_id, s.ended_at, s.ended_at,
    'Sample.Periodic', 11000, 10000, s.id
from core.sessions as s
where s.tenant_id in (101, 102);

-- Operations ------------------------------------------------------------------------------

insert into ops.bridges (id, host) values ('00000000-0000-4000-b000-000000000001', 'test');

insert into ops.connections (
    id, tenant_id, charge_point_id, bridge_id, outcome, subprotocol, remote_address
)
overriding system value
values
    (
        1001, 101, 1001, '00000000-0000-4000-b000-000000000001', 'accepted', 'ocpp1.6',
        '192.0.2.1'
    ),
    (
        2001, 102, 2001, '00000000-0000-4000-b000-000000000001', 'accepted', 'ocpp1.6',
        '192.0.2.2'
    );

insert into ops.presence (tenant_id, charge_point_id, connection_id, is_connected, last_seen_at)
values (101, 1001, 1001, true, now()), (102, 2001, 2001, true, now())
on conflict (tenant_id, charge_point_id) do update set
    connection_id = excluded.connection_id,
    is_connected = excluded.is_connected,
    last_seen_at = excluded.last_seen_at;

insert into ops.message_log (
    tenant_id, charge_point_id, connection_id, received_at, direction, message_type, message_id,
    action, payload
)
values
    (101, 1001, 1001, now(), 'in', 2, 'gw-1', 'Heartbeat', '{}'),
    (102, 2001, 2001, now(), 'in', 2, 'bc-1', 'Heartbeat', '{}');

insert into ops.failed_messages (
    tenant_id, charge_point_id, connection_id, message_id, action, payload, sqlstate, error,
    received_at
)
values
    (101, 1001, 1001, 'gw-2', 'DataTransfer', '{}', 'XX000', 'a made-up failure', now()),
    (102, 2001, 2001, 'bc-2', 'DataTransfer', '{}', 'XX000', 'a made-up failure', now());

insert into ops.job_runs (job, runner, started_at, finished_at, outcome, detail)
values ('maintain_partitions', 'test', now(), now(), 'done', 'made partitions');

-- Commands ----------------------------------------------------------------------------------

insert into ops.commands (
    tenant_id, id, charge_point_id, message_id, ocpp_version, action, payload, state, is_kept,
    expires_at, requested_by, requested_via, sent_at, connection_id, answered_at, finished_at,
    result
)
overriding system value
select
    v.tenant_id, v.id, v.charge_point_id, 'command-' || v.id, '1.6', v.action, v.payload, v.state,
    false, now() + interval '5 minutes', tests.user_id_of(v.person), v.requested_via, now(),
    v.charge_point_id, v.answered_at, now(), v.result
from (
    values
        (
            101, 1001, 1001, 'RemoteStartTransaction', '{"idTag": "GWTOKEN1"}'::jsonb, 'accepted',
            'greenway.customer', 'driver', now(), '{"status": "Accepted"}'::jsonb
        ),
        (
            101, 1002, 1001, 'ChangeConfiguration',
            '{"key": "AuthorizationKey", "value": "***"}', 'unknown', 'greenway.operator', 'api',
            null, null
        ),
        (
            102, 2001, 2001, 'RemoteStartTransaction', '{"idTag": "BCTOKEN1"}', 'accepted',
            'bluecharge.customer', 'driver', now(), '{"status": "Accepted"}'
        ),
        (
            102, 2002, 2001, 'ChangeConfiguration',
            '{"key": "AuthorizationKey", "value": "***"}', 'unknown', 'bluecharge.operator', 'api',
            null, null
        )
) as v (
    tenant_id, id, charge_point_id, action, payload, state, person, requested_via, answered_at,
    result
);

-- Tests of many commands would come to these numbers.
select setval(pg_get_serial_sequence('ops.commands', 'id'), 100000);

insert into ops.command_secrets (tenant_id, command_id, payload)
values
    (101, 1002, '{"key": "AuthorizationKey", "value": "key of greenway"}'),
    (102, 2002, '{"key": "AuthorizationKey", "value": "key of bluecharge"}');

insert into core.model_quirks (vendor, quirks) values ('Oddity%', '{"settle_s": 60}');

-- Security ----------------------------------------------------------------------------------

insert into ops.id_token_windows (tenant_id, charge_point_id, began_at)
values
    (101, 1001, now() - interval '1 day'),
    (102, 2001, now() - interval '1 day');

insert into core.alarms (tenant_id, id, charge_point_id, kind, severity, message)
overriding system value
values
    (101, 1001, 1001, 'flapping', 'warning', 'It connects too often.'),
    (102, 2001, 2001, 'flapping', 'warning', 'It connects too often.');

insert into core.security_events (
    tenant_id, id, charge_point_id, event_key, type, is_critical, happened_at, received_at
)
overriding system value
values
    (101, 1001, 1001, 'gw-1', 'SettingSystemTime', true, now(), now()),
    (102, 2001, 2001, 'bc-1', 'SettingSystemTime', true, now(), now());

insert into core.certificate_requests (
    tenant_id, id, charge_point_id, csr, csr_hash, state, requested_at, decided_at
)
overriding system value
values
    (101, 1001, 1001, 'request of GW-CP-1', sha256('GW-CP-1'), 'signed', now(), now()),
    (102, 2001, 2001, 'request of BC-CP-1', sha256('BC-CP-1'), 'signed', now(), now());

insert into core.charge_point_certificates (
    tenant_id, id, charge_point_id, certificate_request_id, fingerprint_sha256, serial_number,
    subject_common_name, subject_organization, issuer, not_before, not_after
)
overriding system value
values
    (
        101, 1001, 1001, 1001, sha256('certificate of GW-CP-1'), '1A', 'GW-SERIAL-1',
        'Greenway Charging', 'CN=Test CA', now() - interval '1 day', now() + interval '1 year'
    ),
    (
        102, 2001, 2001, 2001, sha256('certificate of BC-CP-1'), '2A', 'BC-SERIAL-1',
        'Bluecharge', 'CN=Test CA', now() - interval '1 day', now() + interval '1 year'
    );

insert into core.installed_certificates (
    tenant_id, charge_point_id, certificate_type, hash_algorithm, issuer_name_hash,
    issuer_key_hash, serial_number, reported_at
)
values
    (101, 1001, 'CentralSystemRootCertificate', 'SHA256', 'aa', 'bb', '1', now()),
    (102, 2001, 'CentralSystemRootCertificate', 'SHA256', 'cc', 'dd', '2', now());

-- Firmware, logs and campaigns --------------------------------------------------------------

insert into core.transfer_locations (tenant_id, id, name, direction, url_prefix)
overriding system value
values
    (101, 1001, 'Firmware', 'download', 'https://depot.greenway.example/firmware/'),
    (101, 1002, 'Logs', 'upload', 'https://depot.greenway.example/logs/'),
    (102, 2001, 'Firmware', 'download', 'https://depot.bluecharge.example/firmware/'),
    (102, 2002, 'Logs', 'upload', 'https://depot.bluecharge.example/logs/');

insert into core.campaigns (tenant_id, id, name, action, payload, state, finished_at)
overriding system value
values
    (101, 1001, 'Spring', 'ClearCache', '{}', 'done', now()),
    (102, 2001, 'Spring', 'ClearCache', '{}', 'done', now());

insert into core.campaign_members (tenant_id, campaign_id, charge_point_id, state, wave_no)
values (101, 1001, 1001, 'done', 1), (102, 2001, 2001, 'done', 1);

insert into ops.campaign_secrets (tenant_id, campaign_id, payload)
values (101, 1001, '{}'), (102, 2001, '{}');

-- Done so long ago that no status is about them.
insert into core.device_jobs (
    tenant_id, id, charge_point_id, kind, state, status_reported, url, created_at, updated_at,
    finished_at
)
overriding system value
select
    v.tenant_id, v.id, v.id, 'firmware', 'done', 'Installed', '', now() - interval '90 days',
    now() - interval '90 days', now() - interval '90 days'
from (values (101, 1001), (102, 2001)) as v (tenant_id, id);

insert into core.device_job_events (tenant_id, device_job_id, status, state, received_at)
values
    (101, 1001, 'Installed', 'done', now() - interval '90 days'),
    (102, 2001, 'Installed', 'done', now() - interval '90 days');

insert into ops.transfer_tickets (
    tenant_id, charge_point_id, device_job_id, direction, token_hash, expires_at
)
values
    (101, 1001, 1001, 'download', sha256('ticket of GW-CP-1'), now() - interval '1 hour'),
    (102, 2001, 2001, 'download', sha256('ticket of BC-CP-1'), now() - interval '1 hour');

-- Device data: kept of the second charge points, and nothing of it open ----------------------

insert into core.configuration_templates (tenant_id, id, name)
overriding system value
values (101, 1001, 'Standard'), (102, 2001, 'Standard');
insert into core.configuration_template_keys (tenant_id, configuration_template_id, key, value)
values
    (101, 1001, 'HeartbeatInterval', '600'), (102, 2001, 'HeartbeatInterval', '600');
update core.charge_points set configuration_template_id = 1001 where tenant_id = 101 and id = 1002;
update core.charge_points set configuration_template_id = 2001 where tenant_id = 102 and id = 2002;
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values
    (101, 1002, 'HeartbeatInterval', '300', now()), (102, 2002, 'HeartbeatInterval', '300', now());
insert into core.configuration_changes (tenant_id, charge_point_id, key, new_value, changed_at)
values
    (101, 1002, 'HeartbeatInterval', '300', now()), (102, 2002, 'HeartbeatInterval', '300', now());

insert into core.local_lists (tenant_id, charge_point_id, version, sent_version)
values (101, 1002, 1, 1), (102, 2002, 1, 1);
insert into core.local_list_entries (
    tenant_id, charge_point_id, id_token_key, id_token, status
)
values
    (101, 1002, 'gwtoken1', 'GWTOKEN1', 'Accepted'),
    (102, 2002, 'bctoken1', 'BCTOKEN1', 'Accepted');

insert into core.reservations (
    tenant_id, id, charge_point_id, reservation_no, ocpp16_connector_id, id_token, id_token_id,
    user_id, state, expires_at
)
overriding system value
select t.tenant_id, t.id, 1002 + (t.id / 1000 - 1) * 1000, t.id, 1, t.id_token, t.id, t.user_id,
    'expired', now() - interval '1 day'
from core.id_tokens as t
where t.tenant_id in (101, 102) and t.user_id is not null;

insert into core.charging_profiles (tenant_id, id, name, purpose, kind, schedule)
overriding system value
select
    v.tenant_id, v.id, 'Half', 'TxDefaultProfile', 'Relative',
    '{"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}'
from (values (101, 1001), (102, 2001)) as v (tenant_id, id);
insert into core.charging_profile_installations (
    tenant_id, id, charge_point_id, ocpp16_connector_id, profile_no, charging_profile_id, purpose,
    stack_level, profile, state, ended_at
)
overriding system value
values
    (101, 1001, 1002, 0, 1, 1001, 'TxDefaultProfile', 0, '{}', 'cleared', now()),
    (102, 2001, 2002, 0, 1, 2001, 'TxDefaultProfile', 0, '{}', 'cleared', now());

-- Exports: one that is ready and one that waits, in each tenant ------------------------------

insert into core.exports (
    tenant_id, id, list, from_at, to_at, state, requested_by, attempts, next_attempt_at,
    finished_at, row_count, size_bytes, sha256, file_name, url_prefix, expires_at, link_hash,
    link_made_by, link_expires_at
)
overriding system value
select
    v.tenant_id, v.id, 'charging_sessions', date_trunc('month', now()), now(), 'ready',
    tests.user_id_of(v.who), 1, now(), now(), 2, 100, repeat('0', 64), 'charging_sessions.csv',
    'http://127.0.0.1:3080/exports/', now() + interval '1 day', sha256(convert_to(v.who, 'UTF8')),
    tests.user_id_of(v.who), now() + interval '1 day'
from
    (values (101, 1001, 'greenway.operator'), (102, 2001, 'bluecharge.operator'))
    as v (tenant_id, id, who);
-- No runner of a test takes these by accident.
insert into core.exports (tenant_id, id, list, from_at, to_at, requested_by, next_attempt_at)
overriding system value
select
    v.tenant_id, v.id, 'meter_values', date_trunc('month', now()), now(), tests.user_id_of(v.who),
    now() + interval '1 day'
from
    (values (101, 1002, 'greenway.operator'), (102, 2002, 'bluecharge.operator'))
    as v (tenant_id, id, who);

-- Customer groups, with the token of nobody in them -------------------------------------------

insert into core.customer_groups (tenant_id, id, name)
overriding system value
values (101, 1001, 'Regulars'), (102, 2001, 'Regulars');
insert into core.customer_group_members (tenant_id, id, customer_group_id, id_token_id)
overriding system value
values (101, 1001, 1001, 1003), (102, 2001, 2001, 2003);

-- Tariffs: one of each tenant, valid everywhere and for everybody --------------------------

insert into core.tariffs (tenant_id, id, tariff_id, name)
overriding system value
values
    (101, 1001, 'STANDARD', 'Standard'), (101, 1002, 'STAFF', 'Free for staff'),
    (102, 2001, 'STANDARD', 'Standard'), (102, 2002, 'STAFF', 'Free for staff');
insert into core.tariff_versions (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid
)
overriding system value
select
    v.tenant_id, v.id, v.id, 1, '2.3.0', v.document, pricing.compile_tariff(v.document),
    pricing.hash_tariff(v.document), 'EUR', '[2020-01-01T00:00:00Z,)'
from (values (101, 1000, 'DE', 'GRW'), (102, 2000, 'NL', 'BLU'))
    as t (tenant_id, n, country_code, party_id)
cross join (
    values
    (
        1, 'STANDARD',
        '[
            {"type": "ENERGY", "price": 0.50, "vat": 19, "step_size": 1},
            {"type": "PARKING_TIME", "price": 6.00, "vat": 19, "step_size": 60}
        ]'::jsonb
    ),
    -- Nobody has this one yet.
    (2, 'STAFF', '[{"type": "FLAT", "price": 0.00, "vat": 19, "step_size": 1}]')
) as p (n, tariff_id, price_components)
cross join lateral (
    select
        t.tenant_id,
        t.n + p.n as id,
        jsonb_build_object(
            'country_code', t.country_code, 'party_id', t.party_id, 'id', p.tariff_id,
            'currency', 'EUR', 'tax_included', 'NO',
            'elements',
            jsonb_build_array(jsonb_build_object('price_components', p.price_components)),
            'last_updated', '2020-01-01T00:00:00Z'
        ) as document
) as v;
insert into core.tariff_assignments (tenant_id, id, tariff_id)
overriding system value
values (101, 1001, 1001), (102, 2001, 2001);

-- Live costs and budgets: far from used up ---------------------------------------------------

insert into core.budgets (
    tenant_id, id, id_token_id, user_id, per, max_energy_wh, max_amount, currency
)
overriding system value
values
    (101, 1001, null, tests.user_id_of('greenway.customer'), 'month', null, 1000000, 'EUR'),
    (101, 1002, 1002, null, 'day', 1000000000, null, null),
    (102, 2001, null, tests.user_id_of('bluecharge.customer'), 'month', null, 1000000, 'EUR'),
    (102, 2002, 2002, null, 'day', 1000000000, null, null);
insert into core.session_costs (
    tenant_id, session_id, energy_wh, problem, as_of, session_updated_at
)
select s.tenant_id, s.id, s.energy_wh, 'tariff_missing', s.ended_at, s.updated_at
from core.sessions as s
where s.tenant_id in (101, 102);

-- Transactions: the first session of each tenant is priced, the second one held ---------------

insert into core.transactions (tenant_id, id, session_id, state, hold_reasons, held_at)
overriding system value
select s.tenant_id, s.id, s.id, 'held', '{tariff_missing}', now()
from core.sessions as s
where s.tenant_id in (101, 102);
select pricing.rate_sessions(array_agg(s.tenant_id), array_agg(s.id))
from core.sessions as s
where s.tenant_id in (101, 102);
update core.transactions as t
set state = 'held',
    hold_reasons = '{readings_missing}',
    hold_details = '[{"reason": "readings_missing"}]',
    held_at = now()
where t.id in (1002, 2002);
-- Tests of many transactions would come to these numbers.
select setval(pg_get_serial_sequence('core.transactions', 'id'), 100000);
-- Decisions about what the sessions no longer say.
insert into core.session_resolutions (tenant_id, id, session_id, kind, reason, basis)
overriding system value
values
    (101, 1001, 1001, 'released', 'The driver agrees.', '{}'),
    (102, 2001, 2001, 'released', 'The driver agrees.', '{}');
insert into ops.reservations_to_rate (tenant_id, reservation_id)
values (101, 1001), (102, 2001);

-- The sessions above are older than the tariffs.
select pricing.set_session_tariff(s) from core.sessions as s where s.tenant_id in (101, 102);

-- Who is billed: customer n+1 is the persona customer, postpaid by bank transfer; n+2 is driver2,
-- prepaid from a wallet. Their tokens have contracts since long. The transactions above are theirs.

insert into core.legal_entities (
    tenant_id, id, name, address_line, postal_code, city, vat_id, email, vat_rate, iban, bic,
    bank_name, creditor_id
)
overriding system value
values
    (
        101, 1001, 'Greenway Charging GmbH', 'Hafenstraße 1', '20095', 'Hamburg', 'DE123456789',
        'billing@greenway.example', 19, 'DE89370400440532013000', 'COBADEFFXXX', 'Commerzbank',
        'DE98ZZZ09999999999'
    ),
    (
        102, 2001, 'Bluecharge B.V.', 'Kade 1', '1011 AB', 'Amsterdam', 'NL123456789B01',
        'billing@bluecharge.example', 19, 'NL91ABNA0417164300', 'ABNANL2AXXX', 'ABN AMRO',
        'NL69ZZZ123456780000'
    );
insert into core.customers (tenant_id, id, kind, name, email, language, user_id)
overriding system value
select
    p.tenant_id, p.id, 'person', u.full_name, u.email, 'en', p.user_id
from (
    values
        (101, 1001, tests.user_id_of('greenway.customer')),
        (101, 1002, tests.user_id_of('greenway.driver2')),
        (102, 2001, tests.user_id_of('bluecharge.customer')),
        (102, 2002, tests.user_id_of('bluecharge.driver2'))
) as p (tenant_id, id, user_id)
inner join core.users as u on u.id = p.user_id;
insert into core.customer_addresses (
    tenant_id, customer_id, kind, address_line, postal_code, city, country_code
)
values
    (101, 1001, 'billing', 'Elbchaussee 10', '22765', 'Hamburg', 'DE'),
    (101, 1002, 'billing', 'Deichstraße 5', '20459', 'Hamburg', 'DE'),
    (102, 2001, 'billing', 'Singel 10', '1012 AB', 'Amsterdam', 'NL'),
    (102, 2002, 'billing', 'Damrak 5', '1012 LG', 'Amsterdam', 'NL');
-- With leave to overdraw the empty wallet: tests of other things charge with its token.
insert into core.accounts (tenant_id, id, customer_id, kind, credit_limit)
overriding system value
values
    (101, 1001, 1001, 'postpaid', null), (101, 1002, 1002, 'prepaid', 1000000),
    (102, 2001, 2001, 'postpaid', null), (102, 2002, 2002, 'prepaid', 1000000);
insert into core.contracts (tenant_id, id, account_id, id_token_id, starts_at)
overriding system value
select a.tenant_id, a.id, a.id, a.id, timestamptz '2020-01-01T00:00:00Z'
from core.accounts as a
where a.tenant_id in (101, 102);

-- One invoice of each persona customer, not due yet, and a reminder that cost nothing.

insert into core.dunning_levels (tenant_id, legal_entity_id, level, days_after_due, fee)
values (101, 1001, 1, 7, 0), (101, 1001, 2, 21, 5), (102, 2001, 1, 7, 0), (102, 2001, 2, 21, 5);
insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, currency, payment_method, language
)
overriding system value
values
    (101, 1001, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en'),
    (102, 2001, 2001, 2001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'en');
insert into core.invoice_lines (
    tenant_id, invoice_id, line, account_id, kind, description, includes_vat, vat_rate,
    amount_excl_vat, amount_incl_vat
)
values
    (101, 1001, 1, 1001, 'one_off', 'Charging card', false, 19, 10, 10),
    (102, 2001, 1, 2001, 'one_off', 'Charging card', false, 19, 10, 10);
-- Tests of many invoices would come to these numbers.
select setval(pg_get_serial_sequence('core.invoices', 'id'), 100000);
select billing.compute_invoice(101, '{1001}'), billing.compute_invoice(102, '{2001}');
select billing.finalise_invoices(101, '{1001}'), billing.finalise_invoices(102, '{2001}');
insert into core.dunning_notices (
    tenant_id, id, invoice_id, account_id, level, issued_on, due_on, open_amount, fee
)
overriding system value
values
    (101, 1001, 1001, 1001, 1, '2026-01-01', '2026-01-08', 11.90, 0),
    (102, 2001, 2001, 2001, 1, '2026-01-01', '2026-01-08', 11.90, 0);

-- Messages: words, a room, a switch, a number and a message of each tenant ---------------------

insert into core.notification_templates (tenant_id, kind, language, subject, body)
values
    (101, 'session_ended', 'en', 'Thank you: ${total}', 'Greenway says thank you, ${name}.'),
    (102, 'session_ended', 'en', 'Thank you: ${total}', 'Bluecharge says thank you, ${name}.');
insert into core.notification_channels (tenant_id, id, name, channel, is_enabled)
overriding system value
values (101, 1001, 'Control room', 'chat', false), (102, 2001, 'Control room', 'chat', false);
insert into ops.notification_channel_urls (tenant_id, channel_id, url)
values (101, 1001, 'json://room.example/1'), (102, 2001, 'json://room.example/2');
insert into core.notification_preferences (tenant_id, user_id, kind, channel, is_enabled)
select p.tenant_id, p.user_id, 'session_started', 'sms', false from tests.personas as p;
insert into core.notification_phones (tenant_id, user_id, phone)
select p.tenant_id, p.user_id, '+491700000001' from tests.personas as p;
delete from ops.events_to_tell;
insert into core.notifications (tenant_id, event_id, kind, user_id, channel, object)
select p.tenant_id, 1, 'session_ended', p.user_id, 'email', 'transaction/1'
from tests.personas as p
where p.name in ('greenway.customer', 'bluecharge.customer');

-- Privacy ------------------------------------------------------------------------------------

insert into core.consents (tenant_id, id, user_id, document, version, via)
overriding system value
values
    (101, 1001, tests.user_id_of('greenway.customer'), 'terms', '2026-01', 'portal'),
    (102, 2001, tests.user_id_of('bluecharge.customer'), 'terms', '2026-01', 'portal');
insert into core.erasures (tenant_id, id, user_id, requested_by)
overriding system value
select c.tenant_id, c.id, c.user_id, c.user_id
from core.consents as c
where c.tenant_id in (101, 102);

-- Reports: counted as the jobs would, and something of each left to do -------------------------

update ops.meter_hours_progress set read_until = now() - interval '3 hours';
select jobs.refresh_facts();
select jobs.refresh_meter_hours();
insert into ops.facts_to_refresh (tenant_id, session_id) values (101, 1001), (102, 2001);

-- Events and calls to the outside ---------------------------------------------------------

delete from core.events where tenant_id in (101, 102);
update ops.outbox set attempts = 1, calls = 1 where tenant_id in (101, 102);
insert into ops.outbox_attempts (outbox_id, number, runner, finished_at, outcome, code, detail)
select o.id, 1, 'runner', now(), 'retry', 451, 'try again later'
from ops.outbox as o
where o.tenant_id in (101, 102);
insert into core.events (tenant_id, type, object_type, object_id, data)
values
    (101, 'session.started', 'session', 1001, '{}'), (102, 'session.started', 'session', 2001, '{}');
update core.events set dispatched_at = now() where dispatched_at is null;
insert into core.webhooks (tenant_id, id, name, url, event_types, secret)
overriding system value
values
    (
        101, 1001, 'ERP', 'https://hooks.greenway.example/erp', '{session.ended}',
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='
    ),
    (
        102, 2001, 'ERP', 'https://hooks.bluecharge.example/erp', '{session.ended}',
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='
    );
insert into core.webhook_deliveries (tenant_id, webhook_id, event_id)
select w.tenant_id, w.id, e.id
from core.webhooks as w
inner join core.events as e on e.tenant_id = w.tenant_id
where w.tenant_id in (101, 102);

-- Documents: a PDF of every invoice above, a statement n+9; what is queued is not to be made.

insert into core.documents (
    tenant_id, id, kind, invoice_id, account_id, file_name, content_type, content, sha256
)
overriding system value
select
    i.tenant_id, i.id, 'invoice_pdf', i.id, i.account_id, 'invoice.pdf', 'application/pdf',
    convert_to('invoice ' || i.id, 'UTF8'),
    encode(sha256(convert_to('invoice ' || i.id, 'UTF8')), 'hex')
from core.invoices as i
where i.tenant_id in (101, 102) and i.state = 'finalised';
insert into core.documents (tenant_id, id, kind, file_name, content_type, content, sha256)
overriding system value
values
    (101, 1009, 'bank_statement', 'a.xml', 'application/xml', 'a', encode(sha256('a'), 'hex')),
    (102, 2009, 'bank_statement', 'b.xml', 'application/xml', 'b', encode(sha256('b'), 'hex'));
update ops.documents_to_make set problem = 'it lacks an address', parked_at = now()
where tenant_id in (101, 102);

-- Cards: a provider that is switched off, a card, a payment that was returned, and what it told.

insert into core.payment_providers (tenant_id, id, legal_entity_id, is_enabled)
overriding system value
values (101, 1001, 1001, false), (102, 2001, 2001, false);
insert into core.cards (
    tenant_id, id, account_id, payment_provider_id, provider_customer_id, provider_card_id, brand,
    last4, expires_on, state
)
overriding system value
select v.tenant_id, v.id, v.id, v.id, 'cus_1', 'pm_1', 'visa', '4242', '2030-12-31', 'removed'
from core.payment_providers as v
where v.id in (1001, 2001);
insert into core.payments (
    tenant_id, id, legal_entity_id, account_id, purpose, method, provider, provider_payment_id,
    payment_provider_id, idempotency_key, amount, currency, state, failure, invoice_id, booked_on
)
overriding system value
select
    v.tenant_id, v.id, v.id, v.id, 'invoice', 'card', 'stripe', 'pi_1', v.id, 'card-1', 1, 'EUR',
    'returned', 'disputed', v.id, '2026-01-01'
from core.payment_providers as v
where v.id in (1001, 2001);
-- Tests of many payments would come to these numbers.
select setval(pg_get_serial_sequence('core.payments', 'id'), 100000);
-- Settled and open again: nothing of it is left in what is open, or in the books.
insert into core.allocations (tenant_id, id, invoice_id, account_id, kind, payment_id, amount)
overriding system value
select v.tenant_id, v.id + a.line, v.id, v.id, a.kind, v.id, a.amount
from core.payment_providers as v
cross join (values (0, 'payment', 1), (1, 'payment_return', -1)) as a (line, kind, amount)
where v.id in (1001, 2001);
insert into core.payment_events (
    tenant_id, id, payment_provider_id, event_id, type, data, signed_at, processed_at, payment_id,
    outcome
)
overriding system value
select
    v.tenant_id, v.id, v.id, 'evt_1', 'charge.dispute.funds_withdrawn', '{}', now(), now(), v.id,
    'disputed'
from core.payment_providers as v
where v.id in (1001, 2001);
insert into core.payouts (
    tenant_id, id, payment_provider_id, provider_payout_id, amount, currency, arrives_on, state
)
overriding system value
select v.tenant_id, v.id, v.id, 'po_1', 10, 'EUR', '2026-01-02', 'paid'
from core.payment_providers as v
where v.id in (1001, 2001);
insert into core.provider_balances (tenant_id, payment_provider_id, proven_on, currency, amount)
select v.tenant_id, v.id, '2020-01-01', 'EUR', 0
from core.payment_providers as v
where v.id in (1001, 2001);
insert into core.low_wallets (tenant_id, account_id)
values (101, 1002), (102, 2002);

-- Bank: a mandate, a cancelled batch, a file that could not be read and one with a line of nothing,
-- so that nothing is in the books.

insert into core.mandates (tenant_id, id, account_id, account_holder, iban, signed_on, state)
overriding system value
values
    (101, 1001, 1001, 'Gwen Driver', 'DE02120300000000202051', '2025-06-01', 'active'),
    (102, 2001, 2001, 'Bart Driver', 'NL20INGB0001234567', '2025-06-01', 'active');
insert into core.debit_batches (
    tenant_id, id, legal_entity_id, message_id, scheme, sequence_type, collect_on, currency, state,
    payment_count, total
)
overriding system value
values
    (101, 1001, 1001, 'DDB-101-1001', 'CORE', 'RCUR', '2020-01-06', 'EUR', 'cancelled', 1, 10),
    (102, 2001, 2001, 'DDB-102-2001', 'CORE', 'RCUR', '2020-01-06', 'EUR', 'cancelled', 1, 10);
insert into core.bank_files (
    tenant_id, id, source, content, sha256, state, reason, problem, finished_at
)
overriding system value
select
    v.tenant_id, v.id, 'api', convert_to('statement ' || v.id, 'UTF8'),
    encode(sha256(convert_to('statement ' || v.id, 'UTF8')), 'hex'), v.state, v.reason, v.reason,
    now()
from (
    values
        (101, 1001, 'booked', null), (101, 1002, 'parked', 'statement_unreadable'),
        (102, 2001, 'booked', null), (102, 2002, 'parked', 'statement_unreadable')
) as v (tenant_id, id, state, reason);
insert into core.bank_statements (
    tenant_id, id, bank_file_id, legal_entity_id, reference, iban, currency, opened_on, closed_on,
    opening_balance, closing_balance, lines, lines_known
)
overriding system value
select
    l.tenant_id, l.id, l.id, l.id, 'first', l.iban, l.currency, '2020-01-01', '2020-01-01', 0, 0,
    1, 0
from core.legal_entities as l
where l.id in (1001, 2001);
insert into core.bank_transactions (
    tenant_id, id, bank_statement_id, legal_entity_id, line, entry_key, booked_on, amount, currency
)
overriding system value
select s.tenant_id, s.id, s.id, s.legal_entity_id, 1, 'first', s.closed_on, 0, s.currency
from core.bank_statements as s
where s.id in (1001, 2001);
insert into core.bank_matches (
    tenant_id, id, bank_transaction_id, how, amount, legal_entity_id, ledger_account, undone_at
)
overriding system value
values
    (101, 1001, 1001, 'hand', 1, 1001, 'payment_fees', now()),
    (102, 2001, 2001, 'hand', 1, 2001, 'payment_fees', now());
insert into core.daily_proofs (
    tenant_id, legal_entity_id, proven_on, currency, bank_ledger, bank_statement,
    bank_statement_id, suspense_ledger, suspense_lines, card_ledger, is_proven
)
select s.tenant_id, s.legal_entity_id, s.closed_on, s.currency, 0, 0, s.id, 0, 0, 0, true
from core.bank_statements as s
where s.id in (1001, 2001);

-- A billing run of each tenant, over a month without sessions, which found one that is held.

insert into core.billing_runs (tenant_id, id, period_from, period_to, state, finished_at)
overriding system value
values
    (101, 1001, '2020-01-01', '2020-02-01', 'done', now()),
    (102, 2001, '2020-01-01', '2020-02-01', 'done', now());
insert into core.billing_run_accounts (
    tenant_id, billing_run_id, account_id, outcome, reason, finished_at
)
values
    (101, 1001, 1001, 'skipped', 'nothing_to_bill', now()),
    (102, 2001, 2001, 'skipped', 'nothing_to_bill', now());
insert into core.billing_run_held (tenant_id, billing_run_id, transaction_id, account_id, reason)
values
    (101, 1001, 1002, 1002, 'transaction_held'), (102, 2001, 2002, 2002, 'transaction_held');

reset role;
