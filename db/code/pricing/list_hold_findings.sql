-- What keeps a session that is over from being priced: a list, empty when nothing does.
--
-- Called by: pricing.rate_sessions.
-- The findings of charging.check_energy, and:
-- not_authorized   its token was refused, and the charge point charged all the same (quirk 73)
-- energy_missing   what was delivered is not known
-- tariff_missing   no tariff was assigned there when it began; free is a price of zero
-- A decision of an operator (p_resolution, else a null row) answers the first ones. Without energy,
-- times in their order or a tariff there is nothing to price with, whatever was decided.
-- Each finding is {"reason": ..., and the figures that made it}.
create or replace function pricing.list_hold_findings(
    p_session core.sessions,
    p_billed core.sessions,
    p_resolution core.session_resolutions,
    p_has_tariff boolean
)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_findings jsonb := '[]';
begin
    if p_resolution.id is null then
        v_findings := coalesce(p_session.hold_details, '[]');
        if p_session.authorization_status <> 'Accepted' then
            v_findings := v_findings || jsonb_strip_nulls(jsonb_build_object(
                'reason', 'not_authorized', 'energy_wh', p_session.energy_wh,
                'authorization_status', p_session.authorization_status,
                'authorization_reason', p_session.authorization_reason
            ));
        end if;
    elsif p_billed.ended_at < p_billed.started_at then
        v_findings := v_findings || jsonb_build_object(
            'reason', 'negative_duration',
            'duration_s', round(extract(epoch from p_billed.ended_at - p_billed.started_at))
        );
    end if;
    -- Whatever else was found says why.
    if v_findings = '[]' and p_billed.energy_wh is null then
        v_findings := v_findings || jsonb_strip_nulls(jsonb_build_object(
            'reason', 'energy_missing', 'meter_start_wh', p_session.meter_start_wh,
            'meter_stop_wh', p_session.meter_stop_wh, 'last_meter_wh', p_session.last_meter_wh
        ));
    end if;
    if not p_has_tariff then
        v_findings := v_findings || '{"reason": "tariff_missing"}';
    end if;
    return v_findings;
end;
$$;
revoke all on function pricing.list_hold_findings(
    core.sessions, core.sessions, core.session_resolutions, boolean
) from public;
comment on function pricing.list_hold_findings(
    core.sessions, core.sessions, core.session_resolutions, boolean
) is 'What keeps a session that is over from being priced: a list of findings, worst first.';
