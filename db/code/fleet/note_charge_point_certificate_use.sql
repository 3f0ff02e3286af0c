-- Note that a charge point has connected with a client certificate; record one seen first.
--
-- p_certificate_id: that of fleet.find_charge_point_certificate, null for one not known yet.
-- Called by: ocpp.open_connection.
-- Writes:    core.charge_point_certificates.
create or replace function fleet.note_charge_point_certificate_use(
    p_charge_point core.charge_points,
    p_certificate jsonb,
    p_certificate_id bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_certificate_id is null then
        insert into core.charge_point_certificates as c (
            tenant_id, charge_point_id, fingerprint_sha256, serial_number, subject_common_name,
            subject_organization, issuer, not_before, not_after, first_used_at, last_used_at
        )
        values (
            p_charge_point.tenant_id, p_charge_point.id,
            decode(p_certificate ->> 'fingerprint_sha256', 'hex'),
            upper(left(coalesce(p_certificate ->> 'serial_number', ''), 100)),
            left(p_certificate ->> 'common_name', 500),
            left(p_certificate ->> 'organization', 500),
            left(coalesce(p_certificate ->> 'issuer', ''), 1000),
            (p_certificate ->> 'not_before')::timestamptz,
            (p_certificate ->> 'not_after')::timestamptz,
            now(), now()
        )
        on conflict (fingerprint_sha256) do update
        set tenant_id = excluded.tenant_id,
            charge_point_id = excluded.charge_point_id,
            first_used_at = excluded.first_used_at,
            last_used_at = excluded.last_used_at
        -- Otherwise two sockets of the same charger at once.
        where
            c.charge_point_id is null
            and c.certificate is null
            and c.revoked_at is null;
        return;
    end if;
    update core.charge_point_certificates as c
    set first_used_at = coalesce(c.first_used_at, now()), last_used_at = now()
    where
        c.tenant_id = p_charge_point.tenant_id
        and c.id = p_certificate_id
        -- Once a minute is exact enough, and cheap in a storm of reconnects.
        and (c.last_used_at is null or c.last_used_at < now() - interval '1 minute');
end;
$$;
revoke all on function fleet.note_charge_point_certificate_use(
    core.charge_points, jsonb, bigint
) from public;
comment on function fleet.note_charge_point_certificate_use(
    core.charge_points, jsonb, bigint
) is 'Note the use of a charge point''s certificate; one seen first is recorded.';
