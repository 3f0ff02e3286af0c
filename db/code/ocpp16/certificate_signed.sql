-- Before CertificateSigned is queued: what is sent has to be a certificate.
--
-- Called by: fleet.queue_command.
-- Errors:    PT400 certificate_invalid.
create or replace function ocpp16.prepare_certificate_signed(
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
    perform fleet.check_certificate(p_payload ->> 'certificateChain');
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_certificate_signed(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_certificate_signed(core.charge_points, jsonb) is
    'OCPP 1.6 CertificateSigned: what is sent has to be a certificate.';

-- What CertificateSigned takes to a charge point is its certificate from now on: it may connect
-- with it before its answer has reached us.
--
-- Called by: fleet.queue_command.
-- Writes:    core.charge_point_certificates.
-- Errors:    PT409 certificate_of_another.
create or replace function ocpp16.queued_certificate_signed(
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
    perform fleet.register_certificate(
        p_command.tenant_id, p_command.charge_point_id, p_payload ->> 'certificateChain',
        fleet.parse_certificate(p_payload ->> 'certificateChain')
    );
end;
$$;
revoke all on function ocpp16.queued_certificate_signed(ops.commands, jsonb) from public;
comment on function ocpp16.queued_certificate_signed(ops.commands, jsonb) is
    'OCPP 1.6 CertificateSigned: the certificate becomes that of the charge point.';

-- What became of CertificateSigned: a charger that does not take it raises an alarm.
--
-- The certificate stays the charger's: nobody else has its private key, and it may connect with
-- it all the same.
-- Called by: the command core, with the final state.
-- Writes:    core.alarms.
create or replace function ocpp16.finished_certificate_signed(
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
begin
    if p_command.state = 'accepted' then
        perform fleet.clear_alarm(
            p_command.tenant_id, p_command.charge_point_id, 'certificate_rejected'
        );
    elsif p_command.state in ('expired', 'rejected', 'error') then
        perform fleet.raise_alarm(
            p_command.tenant_id, p_command.charge_point_id, 'certificate_rejected', 'warning',
            'It did not take the certificate that was signed for it.',
            jsonb_build_object(
                'command_id', p_command.id, 'state', p_command.state,
                'error_code', p_command.error_code
            )
        );
    end if;
end;
$$;
revoke all on function ocpp16.finished_certificate_signed(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_certificate_signed(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 CertificateSigned: alarm when the charger does not take it.';
