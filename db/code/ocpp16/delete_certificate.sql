-- What became of DeleteCertificate: a certificate that is gone, or never was there, is forgotten.
--
-- Called by: the command core, with the final state.
-- Writes:    core.installed_certificates.
create or replace function ocpp16.finished_delete_certificate(
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
    v_hash constant jsonb := p_payload -> 'certificateHashData';
begin
    if
        p_command.state = 'accepted'
        or p_command.state = 'rejected' and lower(ocpp.get_text(p_result, 'status')) = 'notfound'
    then
        delete from core.installed_certificates as i
        where
            i.tenant_id = p_command.tenant_id
            and i.charge_point_id = p_command.charge_point_id
            -- Case does not matter in these (OCPP 1.6 Security Whitepaper §6.1, CiString).
            and lower(i.issuer_name_hash) = lower(v_hash ->> 'issuerNameHash')
            and lower(i.issuer_key_hash) = lower(v_hash ->> 'issuerKeyHash')
            and lower(i.serial_number) = lower(v_hash ->> 'serialNumber');
    end if;
end;
$$;
revoke all on function ocpp16.finished_delete_certificate(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_delete_certificate(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 DeleteCertificate: forget what the charger no longer has.';
