-- Actions that say no more than "I am here".
--
-- A batch of nothing else commits without waiting for the disk: losing the last moments of
-- presence in a crash loses nothing. Whatever is not listed here is durable.
-- Called by: ocpp.handle_calls.
create or replace function ocpp.list_presence_actions()
returns text[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select array['Heartbeat']
$$;
revoke all on function ocpp.list_presence_actions() from public;
comment on function ocpp.list_presence_actions() is
    'Actions that carry nothing but presence, the only ones that may commit asynchronously.';
