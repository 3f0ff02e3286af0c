-- OCPP 1.6 §5.3, ChangeConfiguration: what is noted before the charge point hears of it.
--
-- Called by: fleet.queue_command.
-- Writes:    what fleet.queue_security_change does, for the keys of security.
create or replace function ocpp16.queued_change_configuration(
    p_command ops.commands,
    p_payload jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp16.is_security_key(p_payload) then
        perform fleet.queue_security_change(p_command, p_payload);
    end if;
end;
$$;
revoke all on function ocpp16.queued_change_configuration(ops.commands, jsonb) from public;
comment on function ocpp16.queued_change_configuration(ops.commands, jsonb) is
    'OCPP 1.6 ChangeConfiguration: what is noted before the charge point hears of it.';
