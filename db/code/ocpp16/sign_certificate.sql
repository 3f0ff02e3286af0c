-- OCPP 1.6 security whitepaper A02 and A03, SignCertificate: have a certificate signed.
--
-- Called by: ocpp.handle_calls.
-- Answered at once; the jobs runner takes the request to the CA a moment later, when the charger
-- has its answer, and what comes of it goes to the charger as CertificateSigned. Rejected is what
-- is no PEM of a request, is longer than 10,000 characters or is one too many for the day
-- (fleet.max_certificate_requests). The same request while it waits is the same; another one
-- takes the place of what waits, for the charger has made a new key.
-- Writes:    core.certificate_requests.
create or replace function ocpp16.sign_certificate(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Some chargers escape the ends of lines twice.
    v_csr constant text := btrim(replace(p_payload ->> 'csr', '\n', e'\n'), e' \t\r\n');
    v_hash constant bytea := sha256(convert_to(coalesce(v_csr, ''), 'UTF8'));
begin
    if v_csr is null then
        perform ocpp.refuse_payload(p_payload, 'csr');
    end if;
    if
        length(v_csr) > 10000
        or v_csr !~ (
            '^-----BEGIN (NEW )?CERTIFICATE REQUEST-----\s[A-Za-z0-9+/=\s]+'
            '-----END (NEW )?CERTIFICATE REQUEST-----$'
        )
    then
        return '{"status": "Rejected"}';
    end if;
    if exists (
        select
        from core.certificate_requests as r
        where
            r.tenant_id = p_call.tenant_id
            and r.charge_point_id = p_call.charge_point_id
            and r.state = 'pending'
            and r.csr_hash = v_hash
    ) then
        return '{"status": "Accepted"}';
    end if;
    if (
        select count(*)
        from core.certificate_requests as r
        where
            r.tenant_id = p_call.tenant_id
            and r.charge_point_id = p_call.charge_point_id
            and r.requested_at > p_call.received_at - interval '1 day'
    ) >= access.get_setting('fleet.max_certificate_requests')::bigint then
        perform fleet.raise_alarm(
            p_call.tenant_id, p_call.charge_point_id, 'certificate_requests_too_many', 'warning',
            'It asks for more certificates than are signed in a day.', null
        );
        return '{"status": "Rejected"}';
    end if;

    update core.certificate_requests as r
    set state = 'refused', reason = 'replaced', decided_at = now()
    where
        r.tenant_id = p_call.tenant_id
        and r.charge_point_id = p_call.charge_point_id
        and r.state = 'pending';
    insert into core.certificate_requests (
        tenant_id, charge_point_id, csr, csr_hash, requested_at, next_attempt_at
    )
    values (
        p_call.tenant_id, p_call.charge_point_id, v_csr, v_hash, p_call.received_at,
        now() + interval '2 seconds'
    );
    return '{"status": "Accepted"}';
end;
$$;
revoke all on function ocpp16.sign_certificate(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.sign_certificate(ops.ocpp_call, jsonb) is
    'OCPP 1.6 SignCertificate: keep the request for the CA and answer at once.';
