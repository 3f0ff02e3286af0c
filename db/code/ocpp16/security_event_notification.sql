-- OCPP 1.6 security whitepaper A04, SecurityEventNotification: something that matters to security.
--
-- Called by: ocpp.handle_calls.
-- Chargers queue these and repeat them until they are acknowledged (A04.FR.02): type, time and
-- techInfo make an event, which is kept once. Where the time cannot be true the number of the
-- boot joins it, as for starts (rule R3). Whatever is done with it, it is acknowledged.
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
declare
    v_event core.security_events;
    v_time record;
    v_boot_number bigint;
begin
    v_event.type := left(ocpp.get_text(p_payload, 'type'), 100);
    if v_event.type is null then
        perform ocpp.refuse_payload(p_payload, 'type');
    end if;
    v_event.happened_at_reported := left(ocpp.get_text(p_payload, 'timestamp'), 64);
    v_event.tech_info := left(ocpp.get_text(p_payload, 'techInfo'), 1000);
    v_time := ocpp.judge_timestamp(v_event.happened_at_reported, p_call.received_at);
    if v_time.flag in ('time_missing', 'time_unreadable', 'time_implausible') then
        select coalesce(max(p.boot_number), 0) into v_boot_number
        from ops.presence as p
        where p.tenant_id = p_call.tenant_id and p.charge_point_id = p_call.charge_point_id;
    end if;
    v_event.tenant_id := p_call.tenant_id;
    v_event.charge_point_id := p_call.charge_point_id;
    v_event.happened_at := v_time.happened_at;
    v_event.received_at := p_call.received_at;
    v_event.event_key := ocpp.make_event_key(
        v_event.type, v_event.tech_info, v_event.happened_at_reported, null, v_boot_number
    );
    perform fleet.record_security_event(v_event);
    return '{}';
end;
$$;
revoke all on function ocpp16.security_event_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.security_event_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 SecurityEventNotification: keep the event once, alarm where it is critical.';
