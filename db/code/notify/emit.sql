-- Write down that something happened: webhooks and messages to people come of it.
--
-- In the transaction of what happened, so that there is no event without it and none is lost.
-- p_type stands in core.event_types. p_data is what outsiders may read of it: no secrets, and
-- names rather than numbers where people read it. Null for p_tenant_id: the installation's own.
-- Set-based callers write core.events themselves: one insert .. select.
-- Called by: everything that tells of something; acts as its caller, who acts as the owner.
-- Writes:    core.events.
create or replace function notify.emit(
    p_tenant_id bigint,
    p_type text,
    p_object_type text,
    p_object_id bigint,
    p_data jsonb default '{}'
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.events (tenant_id, type, object_type, object_id, data)
    values (p_tenant_id, p_type, p_object_type, p_object_id, coalesce(p_data, '{}'));
end;
$$;
revoke all on function notify.emit(bigint, text, text, bigint, jsonb) from public;
comment on function notify.emit(bigint, text, text, bigint, jsonb) is
    'Write down that something happened: webhooks and messages to people come of it.';
