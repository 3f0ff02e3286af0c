-- End a session with what its stop says.
--
-- A session that has ended stays as it is: a stop that comes again is a no-op (quirk 66), and one
-- that says something else is noted among the events (stop_repeated). A stop may correct a
-- presumed end, however late (rule R7).
-- Called by: ocpp16.stop_transaction.
-- Writes:    core.sessions (row locked), core.session_events.
create or replace function charging.end_session(
    p_session core.sessions,
    p_ended_at timestamptz,
    p_ended_at_reported text,
    p_received_at timestamptz,
    p_meter_stop_wh numeric,
    p_reason text,
    p_stop_id_token text,
    p_stop_authorization_status text,
    p_stop_key text,
    p_flags text[]
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
    v_details constant jsonb := jsonb_build_object(
        'meter_stop_wh', p_meter_stop_wh, 'reason', p_reason, 'id_token', p_stop_id_token,
        'ended_at_reported', p_ended_at_reported
    );
begin
    select s.* into v_session
    from core.sessions as s
    where s.tenant_id = p_session.tenant_id and s.id = p_session.id
    for no key update;

    if v_session.state = 'ended' then
        if
            v_session.meter_stop_wh is distinct from p_meter_stop_wh
            and not exists (
                select
                from core.session_events as e
                where
                    e.tenant_id = v_session.tenant_id
                    and e.session_id = v_session.id
                    and e.event = 'stop_repeated'
                    and e.details = jsonb_strip_nulls(v_details)
            )
        then
            perform charging.record_session_event(
                v_session, 'stop_repeated', 'ended', p_ended_at, p_received_at, v_details
            );
        end if;
        return v_session;
    end if;

    v_session := charging.move_session(
        v_session, 'ended', p_ended_at, 'stopped', p_ended_at, p_received_at, v_details
    );
    v_session.ended_at_reported := p_ended_at_reported;
    v_session.meter_stop_wh := p_meter_stop_wh;
    v_session.flags := v_session.flags || p_flags;
    v_session := charging.settle_session(v_session);
    update core.sessions as s
    set ended_at_reported = p_ended_at_reported,
        stop_received_at = p_received_at,
        meter_stop_wh = p_meter_stop_wh,
        energy_wh = v_session.energy_wh,
        power_w = null,
        charging_state = null,
        stop_reason = p_reason,
        stop_id_token = p_stop_id_token,
        stop_authorization_status = p_stop_authorization_status,
        stop_key = coalesce(s.stop_key, p_stop_key),
        flags = v_session.flags,
        hold_reason = v_session.hold_reason,
        hold_details = v_session.hold_details
    where s.tenant_id = v_session.tenant_id and s.id = v_session.id
    returning * into v_session;
    return v_session;
end;
$$;
revoke all on function charging.end_session(
    core.sessions, timestamptz, text, timestamptz, numeric, text, text, text, text, text[]
) from public;
comment on function charging.end_session(
    core.sessions, timestamptz, text, timestamptz, numeric, text, text, text, text, text[]
) is 'End a session with what its stop says; one that has ended stays as it is.';
