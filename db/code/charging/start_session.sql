-- Record the start of a session, once.
--
-- First of all the start is looked for: one that comes again gets its own session back, and only
-- a new one is authorised, or a repeated start would count as a concurrent transaction and the
-- charger would stop (quirk 65). It is recorded whatever the authorisation says, for the charger
-- may charge all the same (quirk 73), and always has a real transaction id (quirk 74).
-- A new start on a connector presumes the end of the session that was active there. A start that
-- comes after its own stop is merged into the session that was made of the stop.
-- Where the time cannot be true the key may be of many starts: one whose session is over is
-- another start, with a number behind the key. A start that answers a remote start carries the
-- number of that command.
-- Called by: ocpp16.start_transaction.
-- Writes:    core.sessions, core.session_events, core.authorizations; locks the connector.
-- p_start_key is the start's natural key, unique for the charge point (rule R3); p_connector may
-- be a null row when the charger named no usable connector.
create or replace function charging.start_session(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_connector core.connectors,
    p_protocol text,
    p_start_key text,
    p_id_token text,
    p_started_at timestamptz,
    p_started_at_reported text,
    p_received_at timestamptz,
    p_meter_start_wh numeric,
    p_reservation_id integer,
    p_boot_number bigint,
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
    v_merged core.sessions;
    v_authorization core.authorizations;
    v_start_key text := p_start_key;
begin
    select s.* into v_session
    from core.sessions as s
    where
        s.tenant_id = p_tenant_id
        and s.charge_point_id = p_charge_point_id
        and s.start_key = p_start_key;
    if
        v_session.state <> 'active'
        and p_flags && '{start_time_missing,start_time_unreadable,start_time_implausible}'
    then
        v_start_key := p_start_key || '|again ' || (
            select count(*)
            from core.sessions as s
            where
                s.tenant_id = p_tenant_id
                and s.charge_point_id = p_charge_point_id
                and starts_with(s.start_key, p_start_key || '|again ')
                and s.state <> 'active'
        );
        select s.* into v_session
        from core.sessions as s
        where
            s.tenant_id = p_tenant_id
            and s.charge_point_id = p_charge_point_id
            and s.start_key = v_start_key;
    end if;
    if v_session.id is not null then
        return v_session;
    end if;

    -- Starts and states of one connector wait for each other.
    perform
    from core.connectors as c
    where c.tenant_id = p_tenant_id and c.id = p_connector.id
    for no key update;
    perform charging.presume_session_end(
        s.tenant_id, s.id, 'presumed_by_start', p_started_at, p_received_at
    )
    from core.sessions as s
    where
        s.tenant_id = p_tenant_id
        and s.charge_point_id = p_charge_point_id
        and s.connector_id = p_connector.id
        and s.state = 'active'
        and s.started_at <= p_started_at
        and s.start_key is distinct from v_start_key;

    v_authorization := charging.authorize_id_token(
        p_tenant_id, p_charge_point_id, p_id_token, 'start', p_started_at, null
    );
    v_session.tenant_id := p_tenant_id;
    v_session.charge_point_id := p_charge_point_id;
    v_session.evse_id := p_connector.evse_id;
    v_session.connector_id := p_connector.id;
    v_session.protocol := p_protocol;
    v_session.start_key := v_start_key;
    v_session.id_token := p_id_token;
    v_session.id_token_id := v_authorization.id_token_id;
    v_session.user_id := v_authorization.user_id;
    v_session.authorization_status := v_authorization.status;
    v_session.authorization_reason := v_authorization.reason;
    v_session.started_at := p_started_at;
    v_session.started_at_reported := p_started_at_reported;
    v_session.start_received_at := p_received_at;
    v_session.meter_start_wh := trim_scale(round(p_meter_start_wh, 3));
    v_session.reservation_id := p_reservation_id;
    v_session.boot_number := p_boot_number;
    v_session.flags := p_flags;
    v_session.command_id := charging.find_command_of_start(
        v_session, p_connector.ocpp16_connector_id
    );

    v_merged := charging.merge_late_start(v_session);
    if v_merged.id is not null then
        return v_merged;
    end if;
    return charging.insert_session(v_session);
end;
$$;
revoke all on function charging.start_session(
    bigint, bigint, core.connectors, text, text, text, timestamptz, text, timestamptz, numeric,
    integer, bigint, text[]
) from public;
comment on function charging.start_session(
    bigint, bigint, core.connectors, text, text, text, timestamptz, text, timestamptz, numeric,
    integer, bigint, text[]
) is 'Record the start of a session, once, and authorise it.';

-- Two sockets of one charger may bring the same start at once: the unique key lets one in, and
-- the other takes that one's session.
create or replace function charging.insert_session(p_session core.sessions)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    perform charging.check_session_volume(p_session.tenant_id, p_session.charge_point_id);
    insert into core.sessions (
        tenant_id, charge_point_id, evse_id, connector_id, protocol, transaction_id, start_key,
        state, id_token, id_token_id, user_id, authorization_status, authorization_reason,
        started_at, started_at_reported, start_received_at, meter_start_wh, last_meter_wh,
        energy_wh, reservation_id, command_id, boot_number, flags
    )
    values (
        p_session.tenant_id, p_session.charge_point_id, p_session.evse_id,
        p_session.connector_id, p_session.protocol,
        charging.create_transaction_id(p_session.tenant_id, p_session.charge_point_id),
        p_session.start_key, 'active', p_session.id_token, p_session.id_token_id,
        p_session.user_id, p_session.authorization_status, p_session.authorization_reason,
        p_session.started_at, p_session.started_at_reported, p_session.start_received_at,
        p_session.meter_start_wh, p_session.meter_start_wh,
        case when p_session.meter_start_wh is not null then 0 end,
        p_session.reservation_id, p_session.command_id, p_session.boot_number, p_session.flags
    )
    on conflict (tenant_id, charge_point_id, start_key) do nothing
    returning * into v_session;
    if not found then
        select s.* into v_session
        from core.sessions as s
        where
            s.tenant_id = p_session.tenant_id
            and s.charge_point_id = p_session.charge_point_id
            and s.start_key = p_session.start_key;
        return v_session;
    end if;

    perform charging.record_session_event(
        v_session, 'started', null, v_session.started_at, v_session.start_received_at,
        jsonb_build_object(
            'id_token', v_session.id_token,
            'authorization_status', v_session.authorization_status,
            'meter_start_wh', v_session.meter_start_wh
        )
    );
    return v_session;
end;
$$;
revoke all on function charging.insert_session(core.sessions) from public;
comment on function charging.insert_session(core.sessions) is
    'Store a session that begins, or get the one that the same start made a moment ago.';

-- The session made of this start's own stop, completed; null when there is none.
-- A stop belongs to this start when it came later in time but was heard before, carried the same
-- token and no lower register, and no other session of the connector began between the two. For
-- the token of a stop that carried none, the register that its readings began with will do.
create or replace function charging.merge_late_start(p_start core.sessions)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    if p_start.flags && '{start_time_missing,start_time_unreadable,start_time_implausible}' then
        return null;
    end if;
    select s.* into v_session
    from core.sessions as s
    where
        s.tenant_id = p_start.tenant_id
        and s.charge_point_id = p_start.charge_point_id
        and s.start_key is null
        and s.state = 'ended'
        and s.ended_at between p_start.started_at and p_start.started_at + interval '7 days'
        and s.started_at >= p_start.started_at - interval '1 minute'
        and (
            lower(s.id_token) = lower(p_start.id_token)
            or s.id_token is null and s.meter_start_wh = p_start.meter_start_wh
        )
        and coalesce(s.meter_stop_wh >= p_start.meter_start_wh, true)
        and not s.flags && '{stop_time_missing,stop_time_unreadable,stop_time_implausible}'
        and not exists (
            select
            from core.sessions as o
            where
                o.tenant_id = s.tenant_id
                and o.charge_point_id = s.charge_point_id
                and o.connector_id = p_start.connector_id
                and o.start_key is not null
                and o.started_at > p_start.started_at
                and o.started_at < s.ended_at
        )
    order by s.id_token is null, s.ended_at
    limit 1
    for no key update;
    if not found then
        return null;
    end if;

    v_session.evse_id := p_start.evse_id;
    v_session.connector_id := p_start.connector_id;
    v_session.start_key := p_start.start_key;
    v_session.started_at := p_start.started_at;
    v_session.meter_start_wh := p_start.meter_start_wh;
    v_session.flags := v_session.flags || p_start.flags;
    v_session := charging.settle_session(v_session);
    update core.sessions as s
    set evse_id = p_start.evse_id,
        connector_id = p_start.connector_id,
        start_key = p_start.start_key,
        id_token = p_start.id_token,
        id_token_id = p_start.id_token_id,
        user_id = p_start.user_id,
        authorization_status = p_start.authorization_status,
        authorization_reason = p_start.authorization_reason,
        started_at = p_start.started_at,
        started_at_reported = p_start.started_at_reported,
        start_received_at = p_start.start_received_at,
        meter_start_wh = p_start.meter_start_wh,
        energy_wh = v_session.energy_wh,
        reservation_id = p_start.reservation_id,
        command_id = p_start.command_id,
        boot_number = p_start.boot_number,
        flags = v_session.flags,
        hold_reason = v_session.hold_reason,
        hold_details = v_session.hold_details,
        updated_at = now()
    where s.tenant_id = v_session.tenant_id and s.id = v_session.id
    returning * into v_session;
    perform charging.record_session_event(
        v_session, 'start_merged', 'ended', v_session.started_at, p_start.start_received_at,
        jsonb_build_object(
            'id_token', v_session.id_token,
            'authorization_status', v_session.authorization_status,
            'meter_start_wh', v_session.meter_start_wh
        )
    );
    return v_session;
end;
$$;
revoke all on function charging.merge_late_start(core.sessions) from public;
comment on function charging.merge_late_start(core.sessions) is
    'Complete the session that was made of this start''s own stop; null when there is none.';
