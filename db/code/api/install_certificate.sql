-- Install a root certificate in charge points.
--
-- Writes:  ops.commands.
-- Errors:  PT403 permission_missing (security.write), PT400 certificate_invalid, those of
--          fleet.send_commands.
-- Definer: commands are written by functions only.
create or replace function api.install_certificate(
    certificate_type text,
    certificate text,
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
            'InstallCertificate',
            jsonb_build_object(
                'certificateType', install_certificate.certificate_type,
                'certificate', install_certificate.certificate
            ),
            install_certificate.charge_point, install_certificate.charge_point_group, install_certificate.keep, install_certificate.expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.install_certificate(
    text, text, text, text, boolean, integer
) from public;
grant execute on function api.install_certificate(
    text, text, text, text, boolean, integer
)
to staff, platform;
comment on function api.install_certificate(text, text, text, text, boolean, integer) is
    E'Install a root certificate in charge points (InstallCertificate).\n'
    'certificate_type is CentralSystemRootCertificate or ManufacturerRootCertificate, certificate '
    'is PEM. A charge point that accepts it is asked what it has then: installed_certificates.';
