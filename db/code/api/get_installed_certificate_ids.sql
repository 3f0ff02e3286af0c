-- Ask charge points which root certificates they have.
--
-- Writes:  ops.commands.
-- Errors:  PT403 permission_missing (security.write), those of
--          fleet.send_commands.
-- Definer: commands are written by functions only.
create or replace function api.get_installed_certificate_ids(
    certificate_type text,
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
            'GetInstalledCertificateIds',
            jsonb_build_object(
                'certificateType', get_installed_certificate_ids.certificate_type
            ),
            get_installed_certificate_ids.charge_point, get_installed_certificate_ids.charge_point_group, get_installed_certificate_ids.keep, get_installed_certificate_ids.expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.get_installed_certificate_ids(
    text, text, text, boolean, integer
) from public;
grant execute on function api.get_installed_certificate_ids(
    text, text, text, boolean, integer
)
to staff, platform;
comment on function api.get_installed_certificate_ids(text, text, text, boolean, integer) is
    E'Ask charge points which root certificates they have (GetInstalledCertificateIds).\n'
    'certificate_type is CentralSystemRootCertificate or ManufacturerRootCertificate. The answer '
    'replaces what installed_certificates holds of that type.';
