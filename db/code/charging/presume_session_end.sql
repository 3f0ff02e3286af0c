-- Presume that an active session is over, because something else says so.
--
-- It ends at its last reading, or where none was taken at p_happened_at, with the energy of that
-- reading, and is held as presumed_end: only a stop makes it billable (rules R7 and R8).
-- Called by: charging.start_session (presumed_by_start), charging.apply_connector_status
--            (presumed_by_available), jobs.close_stale_sessions (presumed_by_silence).
-- Writes:    core.sessions (row locked), core.session_events.
create or replace function charging.presume_session_end(
    p_tenant_id bigint,
    p_session_id bigint,
    p_event text,
    p_happened_at timestamptz,
    p_received_at timestamptz
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    select s.* into v_session
    from core.sessions as s
    where s.tenant_id = p_tenant_id and s.id = p_session_id
    for no key update;
    if v_session.state is distinct from 'active' then
        return v_session;
    end if;

    v_session := charging.move_session(
        v_session, 'presumed_ended',
        greatest(v_session.started_at, coalesce(v_session.last_reading_at, p_happened_at)),
        p_event, p_happened_at, p_received_at, null
    );
    v_session := charging.settle_session(v_session);
    update core.sessions as s
    set energy_wh = v_session.energy_wh,
        flags = v_session.flags,
        hold_reason = v_session.hold_reason,
        hold_details = v_session.hold_details,
        power_w = null,
        charging_state = null
    where s.tenant_id = p_tenant_id and s.id = p_session_id
    returning * into v_session;
    return v_session;
end;
$$;
revoke all on function charging.presume_session_end(
    bigint, bigint, text, timestamptz, timestamptz
) from public;
comment on function charging.presume_session_end(
    bigint, bigint, text, timestamptz, timestamptz
) is 'Presume the end of an active session at its last reading, and hold it.';
