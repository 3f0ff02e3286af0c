-- What the database of a Supabase project has before anyone pushes a migration to it: its
-- roles, schemas, grants and default privileges, as far as they matter to a migration.
--
-- Run in the database `postgres` by supabase_admin, the cluster's first superuser.
-- `postgres`, whom the CLI connects as, is no superuser. The extension supautils widens its
-- rights on the real platform; what of it we use is granted here by hand and marked so.
-- safeupdate, which refuses an UPDATE or DELETE without WHERE, has a lint of its own in
-- tests/supabase.

create role postgres login createrole createdb replication bypassrls;
alter database postgres owner to postgres;

create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to postgres with admin option;

create role supabase_auth_admin login noinherit createrole;
create role supabase_storage_admin login noinherit createrole;
create role supabase_realtime_admin nologin noinherit;
create role supabase_replication_admin login replication;
create role supabase_read_only_user login bypassrls;
create role dashboard_user nologin createdb createrole replication;
create role pgbouncer login;
grant pg_read_all_data to supabase_read_only_user;
grant pg_monitor, pg_read_all_data, pg_signal_backend, pg_create_subscription to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_admin set search_path to "$user", public, auth, extensions;
alter role postgres set search_path to "$user", public, extensions;
alter role supabase_auth_admin set search_path to auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
create extension pgcrypto with schema extensions;
create extension pg_stat_statements with schema extensions;
grant all on all tables in schema extensions to postgres;
grant all on all routines in schema extensions to postgres;

create schema auth authorization supabase_admin;
create schema storage authorization supabase_admin;
create schema realtime authorization supabase_admin;
create schema graphql_public authorization supabase_admin;
create schema vault authorization supabase_admin;
create schema pgbouncer authorization pgbouncer;
grant all on schema auth to supabase_auth_admin;
grant all on schema storage to supabase_storage_admin;
grant all on schema realtime to supabase_realtime_admin;
grant usage on schema auth, storage, realtime to anon, authenticated, service_role, postgres;
grant create on database postgres to supabase_auth_admin;
grant all on database postgres to dashboard_user;

create table auth.users (
    id uuid not null,
    email character varying(255),
    email_confirmed_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    created_at timestamptz default now(),
    is_anonymous boolean not null default false,
    constraint users_pkey primary key (id)
);
alter table auth.users enable row level security;
alter table auth.users owner to supabase_auth_admin;
grant all on auth.users to postgres, dashboard_user;
create function auth.uid() returns uuid
language sql stable
as $$
    select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;

-- Anything that anyone makes in public is everybody's: what our schemas must not depend on.
grant usage on schema public to anon, authenticated, service_role;
grant create on schema public to postgres;
alter default privileges for role postgres in schema public
grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
grant all on functions to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
grant all on sequences to anon, authenticated, service_role;

-- supautils: `postgres` may set PostgREST's options on the role authenticator.
grant set on parameter "pgrst.db_pre_request" to postgres;
grant authenticator to postgres with admin true, inherit false, set false;

create publication supabase_realtime;

-- The platform reloads PostgREST after every change of the schema.
create function extensions.pgrst_ddl_watch() returns event_trigger
language plpgsql
as $$
begin
    notify pgrst, 'reload schema';
end;
$$;
create event trigger pgrst_ddl_watch on ddl_command_end
execute function extensions.pgrst_ddl_watch();
