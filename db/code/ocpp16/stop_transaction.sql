-- OCPP 1.6 §4.10, StopTransaction: a session ended, whatever we know of it.
--
-- Called by: ocpp.handle_calls.
-- Never refused: a stop of no session makes one (rule R6), and one that comes again is answered
-- as before. transactionData is kept first, so that the energy is checked against it; what cannot
-- be kept of it never costs the stop. Flags of the session tell what was odd:
--     stop_<flag of ocpp.judge_timestamp>, meter_stop_missing, matched_without_id,
--     matched_by_guess (without id, though the stop had somebody else's: held),
--     readings_unreadable, schema_violation
create or replace function ocpp16.stop_transaction(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_transaction_id constant text := ocpp.get_text(p_payload, 'transactionId');
    v_id_token constant text := charging.clean_id_token(ocpp.get_text(p_payload, 'idTag'));
    v_reported constant text := ocpp.get_text(p_payload, 'timestamp');
    v_meter_stop_wh constant numeric := trim_scale(
        round(ocpp.get_numeric(p_payload, 'meterStop'), 3)
    );
    v_time record;
    v_stop_key text;
    v_session core.sessions;
    v_is_by_id boolean;
    v_has_foreign_id constant boolean :=
        coalesce(ocpp.parse_numeric(v_transaction_id) > 0, v_transaction_id is not null);
    v_has_unreadable_data boolean := false;
    v_is_orphan boolean;
    v_status text;
begin
    v_time := ocpp.judge_timestamp(v_reported, p_call.received_at);
    v_stop_key := ocpp.make_event_key(
        v_transaction_id, v_id_token, v_reported, p_payload ->> 'meterStop',
        case
            when v_time.flag in ('time_missing', 'time_unreadable', 'time_implausible')
                then coalesce(
                    (
                        select p.boot_number
                        from ops.presence as p
                        where
                            p.tenant_id = p_call.tenant_id
                            and p.charge_point_id = p_call.charge_point_id
                    ),
                    0
                )
        end
    );
    v_session := charging.find_session_of_stop(
        p_call.tenant_id, p_call.charge_point_id, v_transaction_id, v_stop_key, v_id_token,
        v_time.happened_at, v_time.flag is null or v_time.flag = 'clock_off_whole_hours',
        v_meter_stop_wh
    );
    v_is_by_id := coalesce(v_session.transaction_id = v_transaction_id, false);
    v_is_orphan := v_session.id is null;
    if v_is_orphan then
        v_session := charging.create_orphan_session(
            p_call.tenant_id, p_call.charge_point_id, 'ocpp1.6', v_transaction_id, v_stop_key,
            v_id_token, v_time.happened_at, p_call.received_at
        );
    end if;

    begin
        perform charging.record_meter_values(
            p_call.tenant_id, p_call.charge_point_id,
            coalesce(
                (
                    select e.evse_no
                    from core.evses as e
                    where e.tenant_id = v_session.tenant_id and e.id = v_session.evse_id
                ),
                0::smallint
            ),
            v_session.id, v_session.transaction_id, null, p_call.received_at,
            p_payload -> 'transactionData'
        );
    exception
        -- Class 22, and values that a column or a partition does not take.
        when data_exception or check_violation then
            v_has_unreadable_data := true;
    end;
    if v_is_orphan then
        v_session := charging.complete_orphan_session(v_session);
    end if;

    -- What was decided when the stop came first holds when it comes again.
    if v_id_token is not null then
        if
            v_session.state = 'ended'
            and lower(v_session.stop_id_token) = lower(v_id_token)
        then
            v_status := v_session.stop_authorization_status;
        else
            v_status := (
                charging.authorize_id_token(
                    p_call.tenant_id, p_call.charge_point_id, v_id_token, 'stop',
                    v_time.happened_at, v_session.id
                )
            ).status;
        end if;
    end if;

    perform charging.end_session(
        v_session, v_time.happened_at, left(v_reported, 64), p_call.received_at, v_meter_stop_wh,
        -- OCPP 1.6 §4.10: Local is assumed.
        coalesce(left(ocpp.get_text(p_payload, 'reason'), 64), 'Local'),
        v_id_token, v_status, case when not v_is_by_id then v_stop_key end,
        array_remove(
            array[
                'stop_' || v_time.flag,
                case when v_meter_stop_wh is null then 'meter_stop_missing' end,
                case when not v_is_by_id and not v_is_orphan then 'matched_without_id' end,
                case
                    when not v_is_by_id and not v_is_orphan and v_has_foreign_id
                        then 'matched_by_guess'
                end,
                case when v_has_unreadable_data then 'readings_unreadable' end,
                case when p_call.violations is not null then 'schema_violation' end
            ],
            null
        )
    );
    return jsonb_strip_nulls(jsonb_build_object(
        'idTagInfo',
        case
            when v_id_token is not null
                then charging.restate_id_token_info(p_call.tenant_id, v_id_token, v_status)
        end
    ));
end;
$$;
revoke all on function ocpp16.stop_transaction(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.stop_transaction(ops.ocpp_call, jsonb) is
    'OCPP 1.6 StopTransaction: end the session, or make one of the stop.';
