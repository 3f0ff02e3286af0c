-- Charging sessions, read-only. (Casts keep the table's domains out of the API's types.)
create or replace view api.charging_sessions
with (security_invoker = true) as
select
    s.tenant_id,
    s.id,
    s.charge_point_id,
    s.evse_id,
    s.connector_id,
    s.id_token_id,
    s.user_id,
    s.id_token,
    s.protocol,
    s.transaction_id,
    s.state::text as state,
    s.charging_state::text as charging_state,
    s.authorization_status,
    s.authorization_reason,
    s.started_at,
    s.ended_at,
    round(extract(epoch from coalesce(s.ended_at, now()) - s.started_at))::bigint as duration_s,
    s.meter_start_wh::numeric as meter_start_wh,
    s.meter_stop_wh::numeric as meter_stop_wh,
    s.energy_wh::numeric as energy_wh,
    s.last_meter_wh,
    s.last_reading_at,
    s.power_w,
    s.soc_percent::numeric as soc_percent,
    s.stop_reason,
    -- Somebody else may have ended it, and a card's number is enough to charge with.
    case
        when
            coalesce((select claims.role()), '') <> 'customer'
            or lower(s.stop_id_token) = any(array(
                select lower(t.id_token)
                from core.id_tokens as t
                where t.user_id = (select claims.user_id())
            ))
            then s.stop_id_token
    end as stop_id_token,
    s.stop_authorization_status,
    s.hold_reason,
    s.hold_details,
    s.flags,
    s.reservation_id,
    s.started_at_reported,
    s.start_received_at,
    s.ended_at_reported,
    s.stop_received_at,
    s.created_at,
    s.updated_at,
    s.command_id,
    -- Half an hour: twice the interval that chargers are usually told.
    s.last_reading_at is null
    and coalesce(s.ended_at, now()) - s.started_at > interval '30 minutes' as is_without_meter
from core.sessions as s;

grant select (
    tenant_id, id, charge_point_id, evse_id, connector_id, id_token_id, user_id, id_token,
    protocol, transaction_id, state, charging_state, authorization_status, authorization_reason,
    started_at, ended_at, duration_s, meter_start_wh, meter_stop_wh, energy_wh, last_meter_wh,
    last_reading_at, power_w, soc_percent, stop_reason, stop_id_token, stop_authorization_status,
    hold_reason, hold_details, flags, reservation_id, started_at_reported, start_received_at,
    ended_at_reported, stop_received_at, created_at, updated_at, command_id,
    is_without_meter
) on api.charging_sessions to staff, customer, platform;

comment on view api.charging_sessions is
    E'A charging session: who charged where and when, and how much energy it took.\n'
    'Figures of an active session are live. meter_values, session_events, charge_points, evses, '
    'connectors and id_tokens can be embedded.';
comment on column api.charging_sessions.tenant_id is 'The tenant that owns the row.';
comment on column api.charging_sessions.id is 'Number of the session.';
comment on column api.charging_sessions.charge_point_id is 'Where it took place.';
comment on column api.charging_sessions.evse_id is 'The EVSE; null when none is known.';
comment on column api.charging_sessions.connector_id is 'The connector; null when none is known.';
comment on column api.charging_sessions.id_token_id is 'The registered token, if it is one.';
comment on column api.charging_sessions.user_id is 'The person whose token it is.';
comment on column api.charging_sessions.id_token is 'The token that started it, as it was shown.';
comment on column api.charging_sessions.protocol is 'The OCPP version it was reported in.';
comment on column api.charging_sessions.transaction_id is
    'The transaction id that charge point and central system use between them.';
comment on column api.charging_sessions.state is
    'active; presumed_ended (over as it seems, no stop was heard); ended.';
comment on column api.charging_sessions.charging_state is
    'What happens now: Charging, SuspendedEV, SuspendedEVSE, EVConnected or Idle.';
comment on column api.charging_sessions.authorization_status is
    'What the charger was told about the token: Accepted, Blocked, Expired, Invalid or '
    'ConcurrentTx.';
comment on column api.charging_sessions.authorization_reason is
    'Why: the reason behind authorization_status.';
comment on column api.charging_sessions.started_at is
    'When it started: the charger''s time, or that of receipt where the charger''s cannot be true.';
comment on column api.charging_sessions.ended_at is
    'When it ended; of a presumed end, its last sign of life.';
comment on column api.charging_sessions.duration_s is 'Seconds from start to end, or until now.';
comment on column api.charging_sessions.meter_start_wh is
    'Register at the start, in watt-hours, as reported.';
comment on column api.charging_sessions.meter_stop_wh is
    'Register at the end, in watt-hours, as reported.';
comment on column api.charging_sessions.energy_wh is
    'Energy in watt-hours: from start to stop, so far while it is active; null when the '
    'registers contradict each other. What speaks against it stands in hold_details.';
comment on column api.charging_sessions.last_meter_wh is
    'Register at the newest reading, in watt-hours.';
comment on column api.charging_sessions.last_reading_at is 'Time of the newest reading.';
comment on column api.charging_sessions.power_w is
    'Power at the newest reading, in watts; null once it is over.';
comment on column api.charging_sessions.soc_percent is
    'State of charge of the vehicle at the newest reading that told it, in percent.';
comment on column api.charging_sessions.stop_reason is
    'Why it ended, as the charger said: Local, Remote, EVDisconnected, PowerLoss ...';
comment on column api.charging_sessions.stop_id_token is
    'The token that ended it, if one did; a driver sees only their own.';
comment on column api.charging_sessions.stop_authorization_status is
    'What the charger was told about the token that ended it.';
comment on column api.charging_sessions.hold_reason is
    'Why it must not be billed as it is: unknown_start, presumed_end, matched_by_guess, '
    'stop_conflict, meter_start_missing, meter_stop_missing, unit_conflict, zero_begin, '
    'register_overlap, register_reset, stop_below_start, impossible_power, negative_duration, '
    'implausible_duration or time_in_future; null when nothing speaks against it.';
comment on column api.charging_sessions.hold_details is
    'Everything that speaks against billing, a list with the figures; hold_reason is the first.';
comment on column api.charging_sessions.flags is
    'What was odd without being a reason to hold, such as stop_clock_off_whole_hours.';
comment on column api.charging_sessions.reservation_id is 'The reservation it used, if any.';
comment on column api.charging_sessions.started_at_reported is
    'Start time, as the charger wrote it.';
comment on column api.charging_sessions.start_received_at is 'When the start was heard.';
comment on column api.charging_sessions.ended_at_reported is 'End time, as the charger wrote it.';
comment on column api.charging_sessions.stop_received_at is 'When the stop was heard.';
comment on column api.charging_sessions.created_at is 'When the row was made.';
comment on column api.charging_sessions.updated_at is 'When the row was last changed.';
comment on column api.charging_sessions.command_id is
    'The remote start that it came from, of commands; null when it was started at the charger.';
comment on column api.charging_sessions.is_without_meter is
    'Whether it lasted longer than half an hour without one reading: check the charger''s meter.';
