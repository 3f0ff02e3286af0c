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
        ('both', '900', 'operator', 'staff')
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

reset role;
