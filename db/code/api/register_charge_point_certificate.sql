-- Register the client certificate of a charge point. Repeatable.
--
-- Writes:  core.charge_point_certificates.
-- Errors:  PT403 permission_missing, PT400 certificate_invalid, PT409 certificate_of_another;
--          those of fleet.find_addressed_charge_points.
-- Definer: certificates are written by functions only.
create or replace function api.register_charge_point_certificate(
    charge_point text,
    certificate text
)
returns setof api.charge_point_certificates
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_charge_point core.charge_points;
    v_certificate_id bigint;
begin
    select cp.* into v_charge_point
    from fleet.find_addressed_charge_points(
        'security.write', register_charge_point_certificate.charge_point, null
    ) as cp;
    v_certificate_id := fleet.register_certificate(
        v_charge_point.tenant_id, v_charge_point.id,
        register_charge_point_certificate.certificate,
        fleet.check_certificate(register_charge_point_certificate.certificate)
    );
    return query
    select c.*
    from api.charge_point_certificates as c
    where c.tenant_id = v_charge_point.tenant_id and c.id = v_certificate_id;
end;
$$;
revoke all on function api.register_charge_point_certificate(text, text) from public;
grant execute on function api.register_charge_point_certificate(text, text) to staff, platform;
comment on function api.register_charge_point_certificate(text, text) is
    E'Register the client certificate of a charge point, PEM.\n'
    'Whatever its subject says, it is this charge point''s then and no other''s. Its authority has '
    'to be among those that the bridge trusts.';
