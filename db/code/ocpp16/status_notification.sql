-- OCPP 1.6 §4.9, StatusNotification: the state of a connector, or of the charge point (0).
--
-- Called by: ocpp.handle_calls.
-- A number never seen becomes a connector, as far as fleet.ensure_connector lets it: the states
-- of one that did not go to the history alone. An absent status is kept as Unknown. 500
-- characters of each text are kept; the message log has the whole.
-- Errors:    OCPP1 OccurenceConstraintViolation or the like for a connectorId that cannot be a
--            connector: there is nothing to keep a state of.
create or replace function ocpp16.status_notification(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connector_id constant integer := ocpp.get_integer(p_payload, 'connectorId');
    v_status constant text := coalesce(left(ocpp.get_text(p_payload, 'status'), 500), 'Unknown');
    v_connector core.connectors;
    v_time record;
begin
    if v_connector_id is null or v_connector_id not between 0 and 1000 then
        perform ocpp.refuse_payload(p_payload, 'connectorId');
    end if;
    v_connector := fleet.ensure_connector(
        p_call.tenant_id, p_call.charge_point_id, v_connector_id
    );
    v_connector.ocpp16_connector_id := v_connector_id;
    -- The timestamp is optional (§6.47).
    v_time := ocpp.judge_timestamp(ocpp.get_text(p_payload, 'timestamp'), p_call.received_at);
    if
        fleet.record_connector_status(
            p_call.tenant_id, p_call.charge_point_id, v_connector, v_status,
            left(ocpp.get_text(p_payload, 'errorCode'), 500),
            left(ocpp.get_text(p_payload, 'info'), 500),
            left(ocpp.get_text(p_payload, 'vendorId'), 500),
            left(ocpp.get_text(p_payload, 'vendorErrorCode'), 500),
            v_time.happened_at, p_call.received_at
        )
    then
        if v_connector.id is not null then
            perform charging.apply_connector_status(
                v_connector, v_status, v_time.happened_at, p_call.received_at
            );
        elsif v_connector_id = 0 then
            perform charging.apply_reservation_status(
                p_call.tenant_id, p_call.charge_point_id, 0, v_status, v_time.happened_at
            );
        end if;
    end if;
    return '{}';
end;
$$;
revoke all on function ocpp16.status_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.status_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 StatusNotification: keep the state and carry it over to the session.';
