-- OCPP 1.6 §7.22, ConfigurationStatus: keep a value that was accepted.
--
-- RebootRequired is an acceptance: the value holds from the next boot on. NotSupported says that
-- the charge point does not know the key. Rejected changes nothing.
-- Called by: when the command is finished.
-- Writes:    core.configuration_keys, core.configuration_changes, and what
--            fleet.settle_security_change does, for the keys of security.
create or replace function ocpp16.finished_change_configuration(
    p_command ops.commands,
    p_payload jsonb,
    p_result jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_status constant text := lower(ocpp.get_text(p_result, 'status'));
begin
    if p_command.state = 'accepted' then
        perform fleet.record_configuration(
            p_command,
            jsonb_build_array(
                jsonb_build_object(
                    'key', p_payload ->> 'key',
                    'value', p_payload ->> 'value',
                    'needs_reboot', v_status = 'rebootrequired'
                )
            ),
            true
        );
    elsif v_status = 'notsupported' then
        perform fleet.record_configuration(
            p_command,
            jsonb_build_array(
                jsonb_build_object('key', p_payload ->> 'key', 'is_unknown', true)
            ),
            true
        );
    end if;
    if ocpp16.is_security_key(p_payload) then
        perform fleet.settle_security_change(p_command, p_payload, p_result);
    end if;
end;
$$;
revoke all on function ocpp16.finished_change_configuration(ops.commands, jsonb, jsonb)
from public;
comment on function ocpp16.finished_change_configuration(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 ChangeConfiguration.conf: keep a value that was accepted.';
