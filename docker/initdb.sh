#!/bin/sh
# Run once by the postgres image, on an empty data directory: the login that migrates, which is
# no superuser, and its database. Everything else is made by the service `migrate`.
set -eu

# psql reads the password from its environment: it is on no command line.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv password VOLTARO_DB_PASSWORD
create role voltaro login createrole createdb password :'password';
grant pg_monitor, pg_signal_backend, pg_checkpoint to voltaro;
create extension if not exists pg_stat_statements;
create database voltaro owner voltaro;
SQL
