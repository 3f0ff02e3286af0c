-- Before InstallCertificate is queued: what is sent has to be a certificate.
--
-- Called by: fleet.queue_command.
-- Errors:    PT400 certificate_invalid.
create or replace function ocpp16.prepare_install_certificate(
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
    perform fleet.check_certificate(p_payload ->> 'certificate');
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_install_certificate(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_install_certificate(core.charge_points, jsonb) is
    'OCPP 1.6 InstallCertificate: what is sent has to be a certificate.';

-- What became of InstallCertificate: a charger that took it is asked what it has now.
--
-- Only the charger knows: with AdditionalRootCertificateCheck the new one replaces another.
-- Called by: the command core, with the final state.
-- Writes:    ops.commands.
create or replace function ocpp16.finished_install_certificate(
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
        perform fleet.queue_command(
            cp, 'GetInstalledCertificateIds',
            jsonb_build_object('certificateType', p_payload -> 'certificateType'),
            p_requested_via => 'system', p_raise_offline => false
        )
        from core.charge_points as cp
        where cp.tenant_id = p_command.tenant_id and cp.id = p_command.charge_point_id;
    end if;
end;
$$;
revoke all on function ocpp16.finished_install_certificate(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_install_certificate(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 InstallCertificate: ask a charger that took it what it has now.';
