-- Whether a client certificate is one that a charge point may connect with, and which.
--
-- p_certificate: what the TLS layer verified against the CAs of the installation
--                (ocpp.open_connection), or null.
-- A certificate that we issued or that was registered belongs to one charge point (OCPP 1.6
-- Security Whitepaper A00.FR.427) and is good until it is revoked or ends. Another of a trusted
-- CA, a manufacturer's say, has to name the serial number of the charge point as CN (A00.FR.405,
-- 511) and the operator as O (A00.FR.404); its certificate_id is null until its first use is
-- noted. What we issued outlives its charge point and is nobody's then: its subject could name
-- another one, for a charger says its serial number itself and a tenant its name.
-- Returned is exactly one row; refusal is null when the certificate is good. The same look-up is
-- made for a charge point that does not exist.
-- Called by: ocpp.open_connection.
create or replace function fleet.find_charge_point_certificate(
    p_charge_point core.charge_points,
    p_certificate jsonb
)
returns table (certificate_id bigint, refusal text)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_known core.charge_point_certificates;
    v_not_before constant timestamptz := p_certificate ->> 'not_before';
    v_not_after constant timestamptz := p_certificate ->> 'not_after';
    v_owner text;
begin
    if p_certificate is null then
        refusal := 'needs_client_certificate';
        return next;
        return;
    end if;
    select c.* into v_known
    from core.charge_point_certificates as c
    where
        c.fingerprint_sha256 = decode(p_certificate ->> 'fingerprint_sha256', 'hex')
        -- What was only seen at a deleted charge point is as good as new.
        and (
            c.charge_point_id is not null
            or c.certificate is not null
            or c.revoked_at is not null
        );
    select coalesce(t.cpo_name, t.name) into v_owner
    from core.tenants as t
    where t.id = p_charge_point.tenant_id;

    certificate_id := v_known.id;
    refusal := case
        when
            v_known.id is not null
            and (v_known.tenant_id, v_known.charge_point_id)
            is distinct from (p_charge_point.tenant_id, p_charge_point.id)
            then 'certificate_of_another'
        when v_known.revoked_at is not null then 'certificate_revoked'
        when not coalesce(v_not_before <= now() and v_not_after > now(), false)
            then 'certificate_expired'
        when v_known.id is not null then null
        when btrim(p_certificate ->> 'common_name') is distinct from p_charge_point.serial_number
            or p_charge_point.serial_number is null
            then 'certificate_serial_number'
        when btrim(p_certificate ->> 'organization') is distinct from v_owner
            then 'certificate_organization'
    end;
    return next;
end;
$$;
revoke all on function fleet.find_charge_point_certificate(core.charge_points, jsonb) from public;
comment on function fleet.find_charge_point_certificate(core.charge_points, jsonb) is
    'Which certificate of a charge point the given one is, or why it is none.';
