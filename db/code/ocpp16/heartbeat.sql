-- OCPP 1.6 §4.6, Heartbeat: a sign of life, answered with the time.
--
-- Called by: ocpp.handle_calls, which notes the sign of life of every message.
create or replace function ocpp16.heartbeat(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object('currentTime', ocpp.format_timestamp(clock_timestamp()));
end;
$$;
revoke all on function ocpp16.heartbeat(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.heartbeat(ops.ocpp_call, jsonb) is
    'OCPP 1.6 Heartbeat: answer the time.';
