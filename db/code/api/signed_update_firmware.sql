-- Have charge points fetch signed firmware and install it (security whitepaper L01).
--
-- Errors:  those of fleet.send_commands and of ocpp16.prepare_signed_update_firmware; PT400
--          retries_invalid, time_range_invalid, signing_certificate_invalid, signature_invalid.
-- Definer: commands are queued by functions only.
create or replace function api.signed_update_firmware(
    location text,
    signing_certificate text,
    signature text,
    retrieve_at timestamptz default null,
    install_at timestamptz default null,
    retries integer default null,
    retry_interval_s integer default null,
    charge_point text default null,
    charge_point_group text default null,
    keep boolean default null,
    expires_in_s integer default null
)
returns setof api.commands
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_retrieve_at constant timestamptz := coalesce(signed_update_firmware.retrieve_at, now());
begin
    if btrim(signed_update_firmware.signing_certificate, E' \r\n') !~
        '^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----$'
    then
        raise exception using
            errcode = 'PT400',
            message = 'the signing certificate is no single certificate in PEM form',
            detail = '{"error":"signing_certificate_invalid"}',
            hint = 'Give the manufacturer''s signing certificate alone, without its chain.';
    end if;
    if signed_update_firmware.signature !~ '^[A-Za-z0-9+/]+={0,2}$' then
        raise exception using
            errcode = 'PT400',
            message = 'the signature is not base64',
            detail = '{"error":"signature_invalid"}',
            hint = 'Give the signature over the firmware file, in base64 without line breaks.';
    end if;
    if signed_update_firmware.install_at < v_retrieve_at then
        raise exception using
            errcode = 'PT400',
            message = 'firmware cannot be installed before it is fetched',
            detail = '{"error":"time_range_invalid"}',
            hint = 'Give an install_at that is not before retrieve_at.';
    end if;
    return query
    select q.*
    from fleet.send_transfer(
        'SignedUpdateFirmware',
        jsonb_build_object(
            'firmware',
            jsonb_strip_nulls(
                jsonb_build_object(
                    'location', signed_update_firmware.location,
                    'retrieveDateTime', ocpp.format_timestamp(v_retrieve_at),
                    'installDateTime',
                    ocpp.format_timestamp(signed_update_firmware.install_at),
                    'signingCertificate', signed_update_firmware.signing_certificate,
                    'signature', signed_update_firmware.signature
                )
            )
        ),
        signed_update_firmware.retries,
        signed_update_firmware.retry_interval_s,
        signed_update_firmware.charge_point,
        signed_update_firmware.charge_point_group,
        signed_update_firmware.keep,
        signed_update_firmware.expires_in_s
    ) as q;
end;
$$;
revoke all on function api.signed_update_firmware(
    text, text, text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) from public;
grant execute on function api.signed_update_firmware(
    text, text, text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) to staff, platform;
comment on function api.signed_update_firmware(
    text, text, text, timestamptz, timestamptz, integer, integer, text, text, boolean, integer
) is
    E'Have a charge point, or those of a group, fetch signed firmware and install it.\n'
    'As update_firmware, with the manufacturer''s signing_certificate (PEM) and the signature '
    'over the file (base64); install_at is when to install (left out: as soon as possible). '
    'Needs firmware.write.';
