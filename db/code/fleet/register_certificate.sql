-- Make a certificate that of a charge point. Repeatable.
--
-- p_certificate: what fleet.parse_certificate says of it.
-- One that a deleted charge point left behind may become another's, unless it was revoked.
-- Returned:  its id.
-- Called by: api.register_charge_point_certificate, ocpp16.queued_certificate_signed.
-- Writes:    core.charge_point_certificates.
-- Errors:    PT409 certificate_of_another (charge point, perhaps of another tenant).
create or replace function fleet.register_certificate(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_pem text,
    p_certificate jsonb
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_certificate_id bigint;
begin
    -- A person or our CA vouches for it again.
    delete from core.charge_point_certificates as c
    where
        c.fingerprint_sha256 = decode(p_certificate ->> 'fingerprint_sha256', 'hex')
        and c.charge_point_id is null
        and c.revoked_at is null;
    insert into core.charge_point_certificates as c (
        tenant_id, charge_point_id, fingerprint_sha256, serial_number, subject_common_name,
        subject_organization, issuer, not_before, not_after, certificate
    )
    values (
        p_tenant_id, p_charge_point_id, decode(p_certificate ->> 'fingerprint_sha256', 'hex'),
        p_certificate ->> 'serial_number', coalesce(p_certificate ->> 'common_name', ''),
        p_certificate ->> 'organization', coalesce(p_certificate ->> 'issuer', ''),
        (p_certificate ->> 'not_before')::timestamptz,
        (p_certificate ->> 'not_after')::timestamptz, p_pem
    )
    on conflict (fingerprint_sha256) do update
    set certificate = coalesce(c.certificate, excluded.certificate)
    where c.tenant_id = p_tenant_id and c.charge_point_id = p_charge_point_id
    returning c.id into v_certificate_id;
    -- OCPP 1.6 Security Whitepaper A00.FR.427.
    if v_certificate_id is null then
        raise exception using
            errcode = 'PT409',
            message = 'the certificate is another charge point''s',
            detail = '{"error":"certificate_of_another"}',
            hint = 'Each charge point has a certificate of its own.';
    end if;
    return v_certificate_id;
end;
$$;
revoke all on function fleet.register_certificate(bigint, bigint, text, jsonb) from public;
comment on function fleet.register_certificate(bigint, bigint, text, jsonb) is
    'Make a certificate that of a charge point.';
