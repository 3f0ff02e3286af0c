-- Keep the JSON schemas of the requests of one OCPP version, as the bridge's library has them.
--
-- p_schemas: {"Reset": {schema}, ...}, all of the version; p_digest: the bridge's name for them,
-- which ocpp.start_bridge gives back so that they are sent only when they differ.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, at its start.
-- Writes:    ops.message_schemas.
create or replace function ocpp.store_schemas(p_version text, p_digest text, p_schemas jsonb)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Bridges that start together.
    perform pg_advisory_xact_lock(hashtextextended('ocpp.store_schemas', 0));
    delete from ops.message_schemas as m
    where m.ocpp_version = p_version and not p_schemas ? m.action;
    insert into ops.message_schemas as m (ocpp_version, action, schema, digest)
    select p_version, s.key, s.value, p_digest
    from jsonb_each(p_schemas) as s
    on conflict (ocpp_version, action) do update
        set schema = excluded.schema, digest = excluded.digest;
end;
$$;
revoke all on function ocpp.store_schemas(text, text, jsonb) from public;
grant execute on function ocpp.store_schemas(text, text, jsonb) to bridge;
comment on function ocpp.store_schemas(text, text, jsonb) is
    'Keep the JSON schemas of the requests of one OCPP version.';
