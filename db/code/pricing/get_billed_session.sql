-- A session that is over with the times and registers that it is priced with: those of a
-- correction, where there is one.
--
-- Called by: pricing.rate_sessions. p_resolution may be a null row.
create or replace function pricing.get_billed_session(
    p_session core.sessions,
    p_resolution core.session_resolutions
)
returns core.sessions
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions := p_session;
begin
    if p_resolution.kind = 'corrected' then
        v_session.started_at := p_resolution.started_at;
        v_session.ended_at := p_resolution.ended_at;
        v_session.meter_start_wh := p_resolution.meter_start_wh;
        v_session.meter_stop_wh := p_resolution.meter_stop_wh;
        v_session.energy_wh := p_resolution.meter_stop_wh - p_resolution.meter_start_wh;
    end if;
    return v_session;
end;
$$;
revoke all on function pricing.get_billed_session(core.sessions, core.session_resolutions)
from public;
comment on function pricing.get_billed_session(core.sessions, core.session_resolutions) is
    'A session that is over with the times and registers that it is priced with.';
