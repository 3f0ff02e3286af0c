-- OCPP 1.6 security whitepaper, SecurityEventNotification: something that matters to security.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Errors:    OCPP1 OccurenceConstraintViolation without type.
create or replace function ocpp16.security_event_notification(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp.get_text(p_payload, 'type') is null then
        perform ocpp.refuse_payload(p_payload, 'type');
    end if;
    return '{}';
end;
$$;
revoke all on function ocpp16.security_event_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.security_event_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 SecurityEventNotification: acknowledge, or the charger repeats it for ever.';
