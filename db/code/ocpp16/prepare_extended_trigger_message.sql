-- Security whitepaper, ExtendedTriggerMessage: what may not be asked for.
--
-- Called by: fleet.queue_command.
-- Errors:    those of ocpp16.check_trigger.
create or replace function ocpp16.prepare_extended_trigger_message(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform ocpp16.check_trigger(p_charge_point, p_payload);
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_extended_trigger_message(
    core.charge_points, jsonb
) from public;
comment on function ocpp16.prepare_extended_trigger_message(core.charge_points, jsonb) is
    'ExtendedTriggerMessage: refuse a wrong connector, and a boot that would never end.';
