-- Keep a security event of a charge point once, and raise the alarm that its type asks for.
--
-- More than fleet.max_security_events within a day are not kept: one alarm says so, and the
-- message log has them all. is_critical and id of the argument are not read.
-- Called by: ocpp16.security_event_notification.
-- Writes:    core.security_events, ops.charge_point_volumes, core.alarms.
create or replace function fleet.record_security_event(p_event core.security_events)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type record;
begin
    select t.* into v_type
    from fleet.list_security_event_types() as t
    where lower(t.type) = lower(p_event.type);
    -- What is known already costs nothing and counts for nothing.
    if
        exists (
            select
            from core.security_events as e
            where
                e.tenant_id = p_event.tenant_id
                and e.charge_point_id = p_event.charge_point_id
                and e.event_key = p_event.event_key
        )
        or not fleet.is_within_volume(
            p_event.tenant_id, p_event.charge_point_id, 'security_events'
        )
    then
        return;
    end if;
    insert into core.security_events (
        tenant_id, charge_point_id, event_key, type, is_critical, happened_at,
        happened_at_reported, received_at, tech_info
    )
    values (
        p_event.tenant_id, p_event.charge_point_id, p_event.event_key,
        coalesce(v_type.type, p_event.type), coalesce(v_type.is_critical, false),
        p_event.happened_at, p_event.happened_at_reported, p_event.received_at, p_event.tech_info
    )
    on conflict (tenant_id, charge_point_id, event_key) do nothing;
    if found and v_type.severity is not null then
        perform fleet.raise_alarm(
            p_event.tenant_id, p_event.charge_point_id, v_type.alarm_kind, v_type.severity,
            v_type.description,
            jsonb_build_object(
                'type', v_type.type, 'happened_at', p_event.happened_at,
                'tech_info', p_event.tech_info
            )
        );
    end if;
end;
$$;
revoke all on function fleet.record_security_event(core.security_events) from public;
comment on function fleet.record_security_event(core.security_events) is
    'Keep a security event of a charge point once, and raise the alarm that its type asks for.';

-- The security events of OCPP 1.6's security whitepaper (§8), and the alarm that each raises.
--
-- Critical ones all alarm, those of daily life (a boot, a clock that was set) as info. Of the
-- others those alarm that mean an attack or a charger that cannot trust what it is sent.
-- Called by: fleet.record_security_event.
create or replace function fleet.list_security_event_types()
returns table (
    type text, is_critical boolean, severity text, alarm_kind text, description text
)
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    values
        (
            'FirmwareUpdated', true, 'info', 'security_firmware_updated',
            'Its firmware was updated.'
        ),
        (
            'FailedToAuthenticationAtCentralSystem', false, null, null,
            'Its credentials were refused by us.'
        ),
        (
            'CentralSystemFailedToAuthentication', false, 'warning',
            'security_central_system_refused', 'It refused our credentials.'
        ),
        (
            'SettingSystemTime', true, 'info', 'security_system_time_set',
            'Its clock was set.'
        ),
        ('StartupOfTheDevice', true, 'info', 'security_startup', 'It has booted.'),
        ('ResetOrReboot', true, 'info', 'security_reset', 'It was reset.'),
        (
            'SecurityLogWasCleared', true, 'critical', 'security_log_cleared',
            'Its security log was cleared.'
        ),
        (
            'ReconfigurationOfSecurityParameters', false, null, null,
            'Its security parameters were changed.'
        ),
        (
            'MemoryExhaustion', true, 'warning', 'security_memory_exhaustion',
            'Its memory is getting full.'
        ),
        ('InvalidMessages', false, null, null, 'It received messages that are not valid.'),
        (
            'AttemptedReplayAttacks', false, 'warning', 'security_replay_attack',
            'It received a message that was replayed.'
        ),
        (
            'TamperDetectionActivated', true, 'critical', 'security_tampered',
            'Its tamper sensor was triggered.'
        ),
        (
            'InvalidFirmwareSignature', false, 'warning', 'security_firmware_signature',
            'The signature of its firmware is not valid.'
        ),
        (
            'InvalidFirmwareSigningCertificate', false, 'warning',
            'security_firmware_certificate',
            'The certificate that signed its firmware is not valid.'
        ),
        (
            'InvalidCentralSystemCertificate', false, 'warning',
            'security_central_system_certificate', 'It could not verify our certificate.'
        ),
        (
            'InvalidChargePointCertificate', false, 'warning',
            'security_charge_point_certificate',
            'The certificate that it was sent is not valid.'
        ),
        ('InvalidTLSVersion', false, null, null, 'It was offered a TLS version below 1.2.'),
        ('InvalidTLSCipherSuite', false, null, null, 'It was offered forbidden cipher suites.');
$$;
revoke all on function fleet.list_security_event_types() from public;
comment on function fleet.list_security_event_types() is
    'The security events of OCPP 1.6, which are critical and what alarm each raises.';
