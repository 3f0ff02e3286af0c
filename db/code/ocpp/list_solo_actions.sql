-- Actions that the bridge puts in a batch of their own.
--
-- They lock rows that chargers share (an id token's running sessions): side by side in two
-- large batches they would wait for each other or deadlock.
-- Called by: ocpp.start_bridge.
create or replace function ocpp.list_solo_actions()
returns text[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select array['StartTransaction', 'StopTransaction']
$$;
revoke all on function ocpp.list_solo_actions() from public;
comment on function ocpp.list_solo_actions() is
    'Actions that touch rows which chargers share, and so go in a batch of their own.';
