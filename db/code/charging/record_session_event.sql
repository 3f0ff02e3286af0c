-- Note what happened to a session.
--
-- Called by: charging.move_session and what changes a session without moving it.
-- Writes:    core.session_events (append-only).
create or replace function charging.record_session_event(
    p_session core.sessions,
    p_event text,
    p_from_state text,
    p_happened_at timestamptz,
    p_received_at timestamptz,
    p_details jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        p_from_state is not distinct from p_session.state
        and (
            select count(*)
            from core.session_events as e
            where e.tenant_id = p_session.tenant_id and e.session_id = p_session.id
        ) >= access.get_setting('charging.max_session_events')::integer
    then
        return;
    end if;
    insert into core.session_events (
        tenant_id, session_id, event, from_state, to_state, happened_at, received_at, details
    )
    values (
        p_session.tenant_id, p_session.id, p_event, p_from_state, p_session.state, p_happened_at,
        p_received_at, jsonb_strip_nulls(coalesce(p_details, '{}'))
    );
end;
$$;
revoke all on function charging.record_session_event(
    core.sessions, text, text, timestamptz, timestamptz, jsonb
) from public;
comment on function charging.record_session_event(
    core.sessions, text, text, timestamptz, timestamptz, jsonb
) is 'Note what happened to a session.';
