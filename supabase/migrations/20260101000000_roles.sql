-- Generated from db/roles.sql by `make supabase`. Change the source, not this file.

-- Roles, schemas, extensions and default privileges.
--
-- Roles belong to the cluster rather than to one database, so this file is idempotent and
-- `python -m db migrate` runs it before the migrations, every time, as the login of
-- DATABASE_URL: a role with CREATEROLE that owns the database. It needs no superuser, and
-- on Supabase, where `postgres` runs it, it keeps the roles that are there already.

-- Roles ---------------------------------------------------------------------------------

do $$
declare
    v_role text;
begin
    -- voltaro_owner owns every object and never logs in.
    -- anon and authenticated are PostgREST's and Supabase's names; staff, customer and
    -- platform are the audiences that a JWT names; analyst is a group for people with SQL.
    foreach v_role in array array[
        'voltaro_owner', 'anon', 'authenticated', 'staff', 'customer', 'platform', 'analyst'
    ]
    loop
        if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role) then
            execute format('create role %I nologin noinherit', v_role);
        end if;
    end loop;

    -- Logins: their passwords are set by `migrate`, never here.
    foreach v_role in array array['authenticator', 'bridge', 'jobs']
    loop
        if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role) then
            execute format('create role %I login noinherit', v_role);
        end if;
    end loop;

    -- PostgreSQL 16 and later give the creator of a role ADMIN only: ask for SET and INHERIT.
    execute format('grant voltaro_owner to %I with inherit true, set true', current_user);

    foreach v_role in array array['anon', 'staff', 'customer', 'platform']
    loop
        if not pg_catalog.pg_has_role('authenticator', v_role, 'set') then
            execute format('grant %I to authenticator with inherit false, set true', v_role);
        end if;
    end loop;

    -- What a platform grants to `authenticated` reaches our audiences too.
    -- Supabase may keep that membership to itself: then nothing is lost.
    foreach v_role in array array['staff', 'customer', 'platform']
    loop
        if not pg_catalog.pg_has_role(v_role, 'authenticated', 'member') then
            begin
                execute format('grant authenticated to %I', v_role);
            exception
                when insufficient_privilege or reserved_name then
                    raise notice 'role % stays outside authenticated', v_role;
            end;
        end if;
    end loop;
end;
$$;

-- A request that hangs holds a connection: PostgREST applies these limits to each request.
alter role staff set statement_timeout = '8s';
alter role platform set statement_timeout = '8s';
alter role customer set statement_timeout = '5s';
do $$
begin
    -- Sign-ins on one address wait for each other, a quarter of a second each.
    alter role anon set statement_timeout = '8s';
exception
    when insufficient_privilege or reserved_name then
        raise notice 'role anon keeps its own limits';
end;
$$;
-- Moments read the same wherever the server is: JSON says the zone, CSV follows these two.
alter role staff set timezone = 'UTC';
alter role platform set timezone = 'UTC';
alter role customer set timezone = 'UTC';
alter role staff set datestyle = 'ISO';
alter role platform set datestyle = 'ISO';
alter role customer set datestyle = 'ISO';
alter role bridge set statement_timeout = '15s';
alter role bridge set lock_timeout = '2s';
alter role bridge set idle_in_transaction_session_timeout = '15s';
alter role bridge set timezone = 'UTC';
alter role jobs set timezone = 'UTC';
alter role jobs set datestyle = 'ISO';
alter role jobs set idle_in_transaction_session_timeout = '60s';
alter role analyst set default_transaction_read_only = on;

-- Schemas -------------------------------------------------------------------------------

do $$
declare
    v_schema text;
    v_comment text;
begin
    execute format(
        'grant create, connect on database %I to voltaro_owner', current_database());
    execute format(
        'grant connect on database %I to authenticator, bridge, jobs, analyst',
        current_database());

    for v_schema, v_comment in
        values
            ('core', 'Business entities: tenants, people, fleet, id tokens, sessions, audit.'),
            ('ops', 'Operational data: connections, message log, presence, job runs.'),
            ('claims', 'Who is asking: helpers of the row-level security policies.'),
            ('access', 'Sign-in, people, roles and API keys: private functions.'),
            ('ocpp', 'What the bridge calls, whatever the protocol version.'),
            ('ocpp16', 'One function per OCPP 1.6 action.'),
            ('fleet', 'Charge points, connections and onboarding: private functions.'),
            ('charging', 'Authorisation, sessions and meter values: private functions.'),
            ('pricing', 'Tariffs, charging periods and what they cost: private functions.'),
            ('billing', 'Ledger, invoices and payments: private functions.'),
            ('notify', 'Events, messages and webhooks: private functions.'),
            ('audit', 'Who changed what: private functions.'),
            ('jobs', 'What the jobs runner and pg_cron call.'),
            ('report', 'Views for analysts.'),
            ('api', E'Voltaro\nThe charging network over HTTP. Times are ISO 8601 with a zone, '
                'energy is in watt-hours, power in watts.'),
            ('yoyo', 'Which migrations have run.')
    loop
        execute format('create schema if not exists %I authorization voltaro_owner', v_schema);
        execute format('comment on schema %I is %L', v_schema, v_comment);
    end loop;

    create schema if not exists extensions;
    begin
        grant usage on schema extensions to voltaro_owner;
    exception
        when insufficient_privilege then
            raise notice 'schema extensions keeps its own grants';
    end;
    -- Without this any login could plant a temporary table in front of a name lookup.
    begin
        execute format('revoke temporary on database %I from public', current_database());
    exception
        when insufficient_privilege then
            raise notice 'the database keeps its own temporary tables rule';
    end;
end;
$$;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists btree_gist with schema extensions;

grant usage on schema api to anon, staff, customer, platform;
grant usage on schema claims to anon, authenticated, staff, customer, platform, analyst;
grant usage on schema report to analyst;
grant usage on schema ocpp to bridge;
grant usage on schema jobs to jobs;

-- Functions are nobody's until a grant beside them says so. (With `in schema` this would
-- do nothing: the built-in grant to public is global.)
alter default privileges for role voltaro_owner revoke execute on functions from public;
alter default privileges for role voltaro_owner revoke usage on types from public;
