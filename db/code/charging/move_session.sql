-- Move a session to its next state. Nothing else changes the state of a session.
--
--     active ──► presumed_ended ──► ended
--        └───────────────────────────►┘
--
-- presumed_ended says that something made the end likely (a new start, an Available connector,
-- silence) while no stop was heard; a late stop corrects it. ended is the one terminal state.
-- Called by: charging.end_session, charging.presume_session_end.
-- Writes:    core.sessions (row locked), core.session_events.
-- Errors:    PT409 session_transition_refused for any other move.
create or replace function charging.move_session(
    p_session core.sessions,
    p_to_state text,
    p_ended_at timestamptz,
    p_event text,
    p_happened_at timestamptz,
    p_received_at timestamptz,
    p_details jsonb
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from_state text;
    v_session core.sessions;
begin
    select s.state into v_from_state
    from core.sessions as s
    where s.tenant_id = p_session.tenant_id and s.id = p_session.id
    for no key update;

    if not coalesce(
        (v_from_state, p_to_state) in (
            ('active', 'presumed_ended'), ('active', 'ended'), ('presumed_ended', 'ended')
        ),
        false
    ) then
        raise exception using
            errcode = 'PT409',
            message = format(
                'a session cannot move from %s to %s',
                coalesce(v_from_state, 'nowhere'), coalesce(p_to_state, 'nowhere')
            ),
            detail = '{"error":"session_transition_refused"}',
            hint = 'A session that has ended stays ended.';
    end if;

    update core.sessions as s
    set state = p_to_state, ended_at = p_ended_at, updated_at = now()
    where s.tenant_id = p_session.tenant_id and s.id = p_session.id
    returning * into v_session;
    perform charging.record_session_event(
        v_session, p_event, v_from_state, p_happened_at, p_received_at, p_details
    );
    return v_session;
end;
$$;
revoke all on function charging.move_session(
    core.sessions, text, timestamptz, text, timestamptz, timestamptz, jsonb
) from public;
comment on function charging.move_session(
    core.sessions, text, timestamptz, text, timestamptz, timestamptz, jsonb
) is 'Move a session to its next state and note why; nothing else changes the state.';
