-- WebSocket subprotocols that the database speaks.
--
-- A protocol version exists where its schema does: ocpp16 speaks ocpp1.6, ocpp201 speaks
-- ocpp2.0.1, so a new version is a new schema and no list to keep.
-- Called by: ocpp.start_bridge, ocpp.open_connection.
create or replace function ocpp.list_subprotocols()
returns table (subprotocol text, version text)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select 'ocpp' || v.version, v.version
    from pg_catalog.pg_namespace as n
    cross join lateral (
        select regexp_replace(substr(n.nspname::text, 5), '([0-9])(?=[0-9])', '\1.', 'g')
            as version
    ) as v
    where n.nspname ~ '^ocpp[0-9]{2,3}$'
$$;
revoke all on function ocpp.list_subprotocols() from public;
comment on function ocpp.list_subprotocols() is
    'WebSocket subprotocols that the database speaks, one for each schema ocpp<version>.';
