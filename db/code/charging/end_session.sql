-- End a session with what its stop says.
--
-- A session that has ended stays as it is: a stop that comes again is a no-op (quirk 66), and one
-- that says something else is noted among the events (stop_repeated) and, when it names another
-- register, holds the session (stop_conflict). A stop may correct a presumed end, however late
-- (rule R7). An end that was found without the session's id was a guess: the stop with the id
-- replaces it (stop_replaced), and what was guessed has nothing more to say.
-- Called by: ocpp16.stop_transaction.
-- Writes:    core.sessions (row locked), core.session_events; core.meter_values that came after a
--            guessed end become the session's.
-- p_stop_key is the key of a stop that did not name the session's id, null for one that did.
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

    if
        v_session.state = 'ended'
        and p_stop_key is null
        and 'matched_without_id' = any(v_session.flags)
    then
        v_session := charging.drop_guessed_end(v_session, p_ended_at);
        perform charging.record_session_event(
            v_session, 'stop_replaced', 'ended', p_ended_at, p_received_at, v_details
        );
    elsif v_session.state = 'ended' then
        -- The guess comes again.
        if p_stop_key is not null and 'stop_replaced' = any(v_session.flags) then
            return v_session;
        end if;
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
        if
            v_session.meter_stop_wh <> p_meter_stop_wh
            and not 'stop_conflict' = any(v_session.flags)
        then
            v_session.flags := v_session.flags || '{stop_conflict}';
            v_session := charging.settle_session(v_session);
            update core.sessions as s
            set flags = v_session.flags,
                hold_reason = v_session.hold_reason,
                hold_details = v_session.hold_details,
                updated_at = now()
            where s.tenant_id = v_session.tenant_id and s.id = v_session.id;
        end if;
        return v_session;
    else
        v_session := charging.move_session(
            v_session, 'ended', p_ended_at, 'stopped', p_ended_at, p_received_at, v_details
        );
    end if;

    v_session.ended_at_reported := p_ended_at_reported;
    v_session.meter_stop_wh := p_meter_stop_wh;
    v_session.flags := v_session.flags || p_flags;
    v_session := charging.settle_session(v_session);
    update core.sessions as s
    set ended_at = p_ended_at,
        ended_at_reported = p_ended_at_reported,
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
        hold_details = v_session.hold_details,
        last_meter_wh = v_session.last_meter_wh,
        last_reading_at = v_session.last_reading_at,
        updated_at = now()
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
) is 'End a session with what its stop says; one that has ended stays, unless by a guess.';

-- A session as it was before a stop that was matched by guess ended it, with the readings that
-- came under its id since, and the end it has now. Its row is stored by the caller.
create or replace function charging.drop_guessed_end(
    p_session core.sessions,
    p_ended_at timestamptz
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions := p_session;
    v_newest core.meter_values;
begin
    update core.meter_values as m
    set session_id = v_session.id
    where
        m.tenant_id = v_session.tenant_id
        and m.charge_point_id = v_session.charge_point_id
        and m.sampled_at between v_session.started_at and p_ended_at + interval '1 minute'
        and m.session_id is null
        and m.transaction_id = v_session.transaction_id;
    select m.* into v_newest
    from core.meter_values as m
    where
        m.tenant_id = v_session.tenant_id
        and m.session_id = v_session.id
        and m.energy_wh is not null
    order by m.sampled_at desc
    limit 1;
    if found then
        v_session.last_meter_wh := v_newest.energy_wh;
        v_session.last_reading_at := v_newest.sampled_at;
    end if;
    v_session.ended_at := p_ended_at;
    v_session.flags := array(
        select f.flag
        from unnest(v_session.flags) with ordinality as f (flag, no)
        where
            f.flag not in (
                'matched_without_id', 'matched_by_guess', 'stop_conflict', 'meter_stop_missing',
                'readings_unreadable'
            )
            and not starts_with(f.flag, 'stop_time')
            and f.flag <> 'stop_clock_off_whole_hours'
        order by f.no
    ) || '{stop_replaced}';
    return v_session;
end;
$$;
revoke all on function charging.drop_guessed_end(core.sessions, timestamptz) from public;
comment on function charging.drop_guessed_end(core.sessions, timestamptz) is
    'A session without the end that a guess gave it, and with the readings that came since.';
