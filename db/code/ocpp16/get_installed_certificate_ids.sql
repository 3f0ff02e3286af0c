-- What a charger answered to GetInstalledCertificateIds replaces what was known of that type.
--
-- NotFound means none. Of what the charger lists the first 100 that can be read are kept.
-- Called by: the command core, with the final state.
-- Writes:    core.installed_certificates.
create or replace function ocpp16.finished_get_installed_certificate_ids(
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
declare
    v_type constant text := p_payload ->> 'certificateType';
begin
    if coalesce(lower(ocpp.get_text(p_result, 'status')), '') not in ('accepted', 'notfound') then
        return;
    end if;
    delete from core.installed_certificates as i
    where
        i.tenant_id = p_command.tenant_id
        and i.charge_point_id = p_command.charge_point_id
        and i.certificate_type = v_type;
    insert into core.installed_certificates (
        tenant_id, charge_point_id, certificate_type, hash_algorithm, issuer_name_hash,
        issuer_key_hash, serial_number, reported_at, command_id
    )
    select
        p_command.tenant_id, p_command.charge_point_id, v_type,
        upper(ocpp.get_text(h.hash, 'hashAlgorithm')),
        lower(left(ocpp.get_text(h.hash, 'issuerNameHash'), 128)),
        lower(left(ocpp.get_text(h.hash, 'issuerKeyHash'), 128)),
        upper(left(ocpp.get_text(h.hash, 'serialNumber'), 40)),
        coalesce(p_command.answered_at, now()), p_command.id
    from jsonb_path_query(
        p_result, 'lax $.certificateHashData[*] ? (@.type() == "object")'
    ) with ordinality as h (hash, ordinal)
    where
        upper(ocpp.get_text(h.hash, 'hashAlgorithm')) in ('SHA256', 'SHA384', 'SHA512')
        and ocpp.get_text(h.hash, 'issuerNameHash') is not null
        and ocpp.get_text(h.hash, 'issuerKeyHash') is not null
        and ocpp.get_text(h.hash, 'serialNumber') is not null
        and h.ordinal <= 100
    -- Twice in one answer, or under the other type.
    on conflict (tenant_id, charge_point_id, issuer_name_hash, issuer_key_hash, serial_number)
    do nothing;
end;
$$;
revoke all on function ocpp16.finished_get_installed_certificate_ids(
    ops.commands, jsonb, jsonb
) from public;
comment on function ocpp16.finished_get_installed_certificate_ids(
    ops.commands, jsonb, jsonb
) is 'OCPP 1.6 GetInstalledCertificateIds: keep what the charger has.';
