-- What a certificate of a request says; refuses what is none.
--
-- Called by: api.register_charge_point_certificate, ocpp16.prepare_install_certificate,
--            ocpp16.prepare_certificate_signed.
-- Errors:    PT400 certificate_invalid.
create or replace function fleet.check_certificate(p_pem text)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_certificate constant jsonb := fleet.parse_certificate(p_pem);
begin
    if v_certificate is null then
        raise exception using
            errcode = 'PT400',
            message = 'the text is no certificate',
            detail = '{"error":"certificate_invalid"}',
            hint = 'Send it as PEM: -----BEGIN CERTIFICATE-----, base64, -----END CERTIFICATE-----.';
    end if;
    return v_certificate;
end;
$$;
revoke all on function fleet.check_certificate(text) from public;
comment on function fleet.check_certificate(text) is
    'What a certificate of a request says; refuses what is none.';
