-- OCPP 1.6 §4.8, StartTransaction: a session began, whatever we think of it.
--
-- Called by: ocpp.handle_calls.
-- Never refused. The natural key of a start is connector, token, time and register (rule R3);
-- where the time cannot be true the number of the boot joins it, or two sessions of a charger
-- without a clock would merge (quirk 59). Flags of the session tell what was odd:
--     start_<flag of ocpp.judge_timestamp>, connector_unknown, id_token_missing,
--     meter_start_missing, schema_violation
create or replace function ocpp16.start_transaction(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token constant text := charging.clean_id_token(ocpp.get_text(p_payload, 'idTag'));
    v_reported constant text := ocpp.get_text(p_payload, 'timestamp');
    v_meter_start_wh constant numeric := ocpp.get_numeric(p_payload, 'meterStart');
    v_connector core.connectors;
    v_time record;
    v_boot_number bigint;
    v_session core.sessions;
begin
    v_connector := fleet.ensure_connector(
        p_call.tenant_id, p_call.charge_point_id, ocpp.get_integer(p_payload, 'connectorId')
    );
    v_time := ocpp.judge_timestamp(v_reported, p_call.received_at);
    select coalesce(max(p.boot_number), 0) into v_boot_number
    from ops.presence as p
    where p.tenant_id = p_call.tenant_id and p.charge_point_id = p_call.charge_point_id;

    v_session := charging.start_session(
        p_call.tenant_id, p_call.charge_point_id, v_connector, 'ocpp1.6',
        ocpp.make_event_key(
            ocpp.get_text(p_payload, 'connectorId'), v_id_token, v_reported,
            p_payload ->> 'meterStart',
            case
                when v_time.flag in ('time_missing', 'time_unreadable', 'time_implausible')
                    then v_boot_number
            end
        ),
        v_id_token, v_time.happened_at, left(v_reported, 64), p_call.received_at, v_meter_start_wh,
        ocpp.get_integer(p_payload, 'reservationId'), v_boot_number,
        array_remove(
            array[
                'start_' || v_time.flag,
                case when v_connector.id is null then 'connector_unknown' end,
                case when v_id_token is null then 'id_token_missing' end,
                case when v_meter_start_wh is null then 'meter_start_missing' end,
                case when p_call.violations is not null then 'schema_violation' end
            ],
            null
        )
    );
    return jsonb_build_object(
        'transactionId', v_session.transaction_id::integer,
        'idTagInfo',
        charging.restate_id_token_info(
            p_call.tenant_id, v_session.id_token, v_session.authorization_status
        )
    );
end;
$$;
revoke all on function ocpp16.start_transaction(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.start_transaction(ops.ocpp_call, jsonb) is
    'OCPP 1.6 StartTransaction: record the session and say whether its token is accepted.';
