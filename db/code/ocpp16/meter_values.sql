-- OCPP 1.6 §4.7, MeterValues: readings of a connector, or of the main meter (connector 0).
--
-- Called by: ocpp.handle_calls.
-- Never refused: what cannot be read is kept as sent. Readings with a transaction id that no
-- session of this charge point has, or has any more, stay unattached (quirks 68 and 69). Readings
-- of another EVSE than the session's, or of the main meter, do not touch its live figures.
create or replace function ocpp16.meter_values(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connector_id constant integer := ocpp.get_integer(p_payload, 'connectorId');
    v_transaction_id constant text := ocpp.get_text(p_payload, 'transactionId');
    v_session_id bigint;
    v_attach_until timestamptz;
    v_session_evse_no smallint;
    v_evse_no smallint;
begin
    if v_transaction_id is not null then
        -- The charge point is part of every look-up by a transaction id (rule R5). A charger may
        -- stamp its last reading a moment after the stop.
        select
            s.id, e.evse_no,
            case when s.state = 'ended' then s.ended_at + interval '1 minute' end
        into v_session_id, v_session_evse_no, v_attach_until
        from core.sessions as s
        left join core.evses as e on e.tenant_id = s.tenant_id and e.id = s.evse_id
        where
            s.tenant_id = p_call.tenant_id
            and s.charge_point_id = p_call.charge_point_id
            and s.transaction_id = v_transaction_id;
    end if;
    if v_connector_id between 1 and 1000 then
        select e.evse_no into v_evse_no
        from core.connectors as c
        inner join core.evses as e on e.tenant_id = c.tenant_id and e.id = c.evse_id
        where
            c.tenant_id = p_call.tenant_id
            and c.charge_point_id = p_call.charge_point_id
            and c.ocpp16_connector_id = v_connector_id;
        v_evse_no := coalesce(v_evse_no, v_connector_id::smallint);
    elsif v_connector_id is distinct from 0 then
        v_evse_no := v_session_evse_no;
    end if;

    perform charging.record_meter_values(
        p_call.tenant_id, p_call.charge_point_id, coalesce(v_evse_no, 0::smallint), v_session_id,
        v_transaction_id, v_attach_until, p_call.received_at, p_payload -> 'meterValue',
        coalesce(v_session_evse_no <> coalesce(v_evse_no, 0), false)
    );
    return '{}';
end;
$$;
revoke all on function ocpp16.meter_values(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.meter_values(ops.ocpp_call, jsonb) is
    'OCPP 1.6 MeterValues: keep the readings, unattached where no session claims them.';
