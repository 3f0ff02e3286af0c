-- OCPP 1.6 §5.3, ChangeConfiguration: what may be changed.
--
-- The keys that decide how a charge point proves who it is go through
-- fleet.prepare_security_change.
-- Called by: fleet.queue_command.
-- Errors:    PT409 configuration_key_readonly for a key that the charge point said is read-only,
--            and those of fleet.prepare_security_change.
create or replace function ocpp16.prepare_change_configuration(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp16.is_security_key(p_payload) then
        return fleet.prepare_security_change(p_charge_point, p_payload);
    end if;
    if exists (
        select
        from core.configuration_keys as k
        where
            k.tenant_id = p_charge_point.tenant_id
            and k.charge_point_id = p_charge_point.id
            and lower(k.key) = lower(p_payload ->> 'key')
            and k.is_readonly
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the charge point said that this key is read-only',
            detail = '{"error":"configuration_key_readonly"}',
            hint = 'Ask it again with get_configuration if that has changed.';
    end if;
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_change_configuration(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_change_configuration(core.charge_points, jsonb) is
    'OCPP 1.6 ChangeConfiguration: what may be changed.';

-- Keys of the security whitepaper (edition 3, §5 and A05) that have rules of their own.
create or replace function ocpp16.is_security_key(p_payload jsonb)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        lower(ocpp.trim_text(p_payload ->> 'key')) in ('authorizationkey', 'securityprofile'), false
    );
end;
$$;
revoke all on function ocpp16.is_security_key(jsonb) from public;
comment on function ocpp16.is_security_key(jsonb) is
    'Whether a ChangeConfiguration is for a key of the security whitepaper.';
