-- Record what the CA made of a request that was taken.
--
-- p_chain:       the certificate and what leads to its root, PEM; null when the CA failed.
-- p_error:       why the CA failed. The request stays due (jobs.take_certificate_requests) and
--                has failed after fleet.max_signing_attempts. Either way the tenant's alarm
--                certificate_authority is open until the CA works again.
-- A certificate is recorded as the charger's and sent to it as CertificateSigned. One that cannot
-- be sent has failed: longer than the message holds or the charger says it takes
-- (CertificateSignedMaxChainSize), or for a charger that is disabled or has a full queue.
-- Returned:  the state of the request.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.certificate_requests (row locked), core.charge_point_certificates,
--            ops.commands, core.alarms.
-- Errors:    PT404 certificate_request_unknown, PT400 certificate_invalid.
create or replace function jobs.finish_certificate_request(
    p_tenant_id bigint,
    p_request_id bigint,
    p_chain text,
    p_error text
)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_request core.certificate_requests;
    v_charge_point core.charge_points;
    v_command ops.commands;
    v_max_length integer;
begin
    v_request := fleet.lock_certificate_request(p_tenant_id, p_request_id);
    if p_chain is null then
        return fleet.note_signing_failure(v_request, p_error);
    end if;
    perform fleet.clear_alarm(p_tenant_id, null, 'certificate_authority');
    select cp.* into v_charge_point
    from core.charge_points as cp
    where cp.tenant_id = p_tenant_id and cp.id = v_request.charge_point_id;
    select min(ocpp.parse_numeric(k.value)) into v_max_length
    from core.configuration_keys as k
    where
        k.tenant_id = p_tenant_id
        and k.charge_point_id = v_request.charge_point_id
        and lower(k.key) = 'certificatesignedmaxchainsize'
        and ocpp.parse_numeric(k.value) between 1 and 10000;
    if length(p_chain) > coalesce(v_max_length, 10000) then
        return fleet.give_up_certificate(v_request, 'chain_too_long');
    end if;
    v_command := fleet.queue_command(
        v_charge_point, 'CertificateSigned', jsonb_build_object('certificateChain', p_chain),
        p_requested_via => 'system', p_raise_offline => false
    );
    if v_command.state <> 'queued' then
        return fleet.give_up_certificate(v_request, v_command.error_code);
    end if;
    -- The certificate has become the charger's with the command.
    update core.charge_point_certificates as c
    set certificate_request_id = p_request_id
    where
        c.tenant_id = p_tenant_id
        and c.fingerprint_sha256 = decode(
            fleet.parse_certificate(p_chain) ->> 'fingerprint_sha256', 'hex'
        );
    update core.certificate_requests as r
    set state = 'signed', reason = null, decided_at = now(), command_id = v_command.id
    where r.tenant_id = p_tenant_id and r.id = p_request_id;
    return 'signed';
end;
$$;
revoke all on function jobs.finish_certificate_request(bigint, bigint, text, text) from public;
grant execute on function jobs.finish_certificate_request(bigint, bigint, text, text) to jobs;
comment on function jobs.finish_certificate_request(bigint, bigint, text, text) is
    'Record what the CA made of a request; a certificate is sent to its charger.';

-- Note that a certificate was signed that cannot be sent to its charge point.
--
-- Returned:  the state of the request.
-- Called by: jobs.finish_certificate_request.
-- Writes:    core.certificate_requests, core.alarms.
create or replace function fleet.give_up_certificate(
    p_request core.certificate_requests,
    p_reason text
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.certificate_requests as r
    set state = 'failed', reason = p_reason, decided_at = now()
    where r.tenant_id = p_request.tenant_id and r.id = p_request.id;
    perform fleet.raise_alarm(
        p_request.tenant_id, p_request.charge_point_id, 'certificate_request_refused', 'warning',
        'The certificate that was signed for it cannot be sent to it.',
        jsonb_build_object('reason', p_reason, 'request_id', p_request.id)
    );
    return 'failed';
end;
$$;
revoke all on function fleet.give_up_certificate(core.certificate_requests, text) from public;
comment on function fleet.give_up_certificate(core.certificate_requests, text) is
    'Note that a certificate was signed that cannot be sent to its charge point.';
