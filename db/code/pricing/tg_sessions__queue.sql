-- A session that is over, or that changed afterwards, waits to be priced.
--
-- A row more does no harm, so the charger's transaction looks for none and waits for nobody.
-- Called by: triggers sessions__queue_ended and sessions__queue_changed, after insert or update
--            of what a price depends on, for each row.
-- Writes:    ops.sessions_to_rate.
create or replace function pricing.tg_sessions__queue()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.sessions_to_rate (tenant_id, session_id) values (new.tenant_id, new.id);
    return null;
end;
$$;
revoke all on function pricing.tg_sessions__queue() from public;
comment on function pricing.tg_sessions__queue() is
    'Trigger: a session that is over, or that changed afterwards, waits to be priced.';
