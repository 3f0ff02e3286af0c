-- Send charge points a certificate that was signed elsewhere.
--
-- Writes:  ops.commands.
-- Errors:  PT403 permission_missing (security.write), PT400 certificate_invalid, those of
--          fleet.send_commands.
-- Definer: commands are written by functions only.
create or replace function api.certificate_signed(
    certificate_chain text,
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
            'CertificateSigned',
            jsonb_build_object('certificateChain', certificate_signed.certificate_chain),
            certificate_signed.charge_point, certificate_signed.charge_point_group, certificate_signed.keep, certificate_signed.expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function api.certificate_signed(text, text, text, boolean, integer) from public;
grant execute on function api.certificate_signed(
    text, text, text, boolean, integer
)
to staff, platform;
comment on function api.certificate_signed(text, text, text, boolean, integer) is
    E'Send a charge point a certificate that was signed elsewhere (CertificateSigned).\n'
    'certificate_chain is PEM, the certificate first. Requests of charge points are answered by '
    'themselves: this is for an authority that nobody connected. The certificate becomes the '
    'charge point''s own, as with register_charge_point_certificate.';
