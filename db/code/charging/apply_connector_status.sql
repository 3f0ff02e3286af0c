-- What the state of a connector tells of the session on it.
--
-- Available presumes that the session is over; Charging, SuspendedEV and SuspendedEVSE are its
-- charging state (OCPP 1.6 §7.7 in the words of OCPP 2.0.1 part 2 §3.17). Finishing leaves it be:
-- the stop is about to come. A reservation on it is charging.apply_reservation_status's.
-- Called by: ocpp16.status_notification, for a state that is the connector's newest.
-- Writes:    core.sessions (row locked), core.session_events, core.reservations.
create or replace function charging.apply_connector_status(
    p_connector core.connectors,
    p_status text,
    p_happened_at timestamptz,
    p_received_at timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    perform charging.apply_reservation_status(
        p_connector.tenant_id, p_connector.charge_point_id, p_connector.ocpp16_connector_id,
        p_status, p_happened_at
    );
    if p_status = 'Available' then
        perform charging.presume_session_end(
            s.tenant_id, s.id, 'presumed_by_available', p_happened_at, p_received_at
        )
        from core.sessions as s
        where
            s.tenant_id = p_connector.tenant_id
            and s.charge_point_id = p_connector.charge_point_id
            and s.connector_id = p_connector.id
            and s.state = 'active'
            and s.started_at <= p_happened_at;
    elsif p_status in ('Charging', 'SuspendedEV', 'SuspendedEVSE') then
        update core.sessions as s
        set charging_state = p_status, updated_at = now()
        where
            s.tenant_id = p_connector.tenant_id
            and s.charging_state is distinct from p_status
            and s.id = (
                select o.id
                from core.sessions as o
                where
                    o.tenant_id = p_connector.tenant_id
                    and o.charge_point_id = p_connector.charge_point_id
                    and o.connector_id = p_connector.id
                    and o.state = 'active'
                order by o.started_at desc
                limit 1
            )
        returning s.* into v_session;
        if found then
            perform charging.record_session_event(
                v_session, 'charging_state_changed', 'active', p_happened_at, p_received_at,
                jsonb_build_object('charging_state', p_status)
            );
        end if;
    end if;
end;
$$;
revoke all on function charging.apply_connector_status(
    core.connectors, text, timestamptz, timestamptz
) from public;
comment on function charging.apply_connector_status(
    core.connectors, text, timestamptz, timestamptz
) is 'Carry the state of a connector over to the session on it.';
