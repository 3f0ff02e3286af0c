-- What a session says of itself as far as its price depends on it.
--
-- A decision of an operator keeps it, and holds as long as the session says the same. Times are
-- in UTC, so that the zone of a connection makes no difference.
-- Called by: pricing.rate_sessions, pricing.resolve_session.
create or replace function pricing.get_resolution_basis(p_session core.sessions)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'state', p_session.state,
        'started_at', p_session.started_at at time zone 'UTC',
        'ended_at', p_session.ended_at at time zone 'UTC',
        'meter_start_wh', p_session.meter_start_wh,
        'meter_stop_wh', p_session.meter_stop_wh,
        'energy_wh', p_session.energy_wh,
        'hold_details', p_session.hold_details,
        'authorization_status', p_session.authorization_status
    );
end;
$$;
revoke all on function pricing.get_resolution_basis(core.sessions) from public;
comment on function pricing.get_resolution_basis(core.sessions) is
    'What a session says of itself as far as its price depends on it.';
