-- Delete a root certificate from charge points.
--
-- Writes:  ops.commands.
-- Errors:  PT403 permission_missing (security.write), those of
--          fleet.send_commands.
-- Definer: commands are written by functions only.
create or replace function api.delete_certificate(
    hash_algorithm text,
    issuer_name_hash text,
    issuer_key_hash text,
    serial_number text,
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
begin
    return query
    select v.*
    from fleet.show_commands(array(
        select q
        from fleet.send_commands(
            'DeleteCertificate',
            jsonb_build_object(
                'certificateHashData',
                jsonb_build_object(
                    'hashAlgorithm', delete_certificate.hash_algorithm,
                    'issuerNameHash', delete_certificate.issuer_name_hash,
                    'issuerKeyHash', delete_certificate.issuer_key_hash,
                    'serialNumber', delete_certificate.serial_number
                )
            ),
            delete_certificate.charge_point, delete_certificate.charge_point_group, delete_certificate.keep, delete_certificate.expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.delete_certificate(
    text, text, text, text, text, text, boolean, integer
) from public;
grant execute on function api.delete_certificate(
    text, text, text, text, text, text, boolean, integer
)
to staff, platform;
comment on function api.delete_certificate(text, text, text, text, text, text, boolean, integer) is
    E'Delete a root certificate from charge points (DeleteCertificate).\n'
    'Take the hashes and the serial number from installed_certificates; the row goes when the '
    'charge point says that it has deleted it or does not have it.';
