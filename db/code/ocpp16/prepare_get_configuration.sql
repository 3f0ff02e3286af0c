-- OCPP 1.6 §5.8, GetConfiguration: what may be asked at once, and of whom.
--
-- Called by: fleet.queue_command.
-- Errors:    PT409 configuration_keys_refused for a charge point whose quirks say that named keys
--            upset it (quirk 26); PT409 configuration_keys_too_many for more keys than its
--            GetConfigurationMaxKeys: api.get_configuration splits them.
create or replace function ocpp16.prepare_get_configuration(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count constant integer := case
        when jsonb_typeof(p_payload -> 'key') = 'array'
            then jsonb_array_length(p_payload -> 'key')
        else 0
    end;
begin
    if
        v_count > 0
        and fleet.get_quirks(p_charge_point) -> 'refuses_get_configuration' = 'true'
    then
        raise exception using
            errcode = 'PT409',
            message = 'the charge point does not bear questions for single keys',
            detail = '{"error":"configuration_keys_refused"}',
            hint = 'Ask for the whole configuration: name no keys.';
    end if;
    if v_count > fleet.get_configuration_limit(
        p_charge_point.tenant_id, p_charge_point.id, 'GetConfigurationMaxKeys', 1
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the charge point takes fewer keys at once',
            detail = '{"error":"configuration_keys_too_many"}',
            hint = 'get_configuration splits them into several commands.';
    end if;
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_get_configuration(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_get_configuration(core.charge_points, jsonb) is
    'OCPP 1.6 GetConfiguration: what may be asked at once, and of whom.';
