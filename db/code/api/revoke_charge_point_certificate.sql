-- Revoke the client certificate of a charge point. Repeatable.
--
-- Writes:  core.charge_point_certificates.
-- Errors:  PT403 permission_missing, PT404 certificate_unknown (also for another tenant's).
-- Definer: certificates are written by functions only.
create or replace function api.revoke_charge_point_certificate(certificate_id bigint)
returns setof api.charge_point_certificates
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform access.require_permission('security.write');
    update core.charge_point_certificates as c
    set revoked_at = coalesce(c.revoked_at, now())
    where
        c.id = certificate_id
        and (claims.role() = 'platform' or c.tenant_id = claims.tenant_id());
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such certificate',
            detail = '{"error":"certificate_unknown"}',
            hint = 'Take the id from charge_point_certificates.';
    end if;
    return query select c.* from api.charge_point_certificates as c where c.id = certificate_id;
end;
$$;
revoke all on function api.revoke_charge_point_certificate(bigint) from public;
grant execute on function api.revoke_charge_point_certificate(bigint) to staff, platform;
comment on function api.revoke_charge_point_certificate(bigint) is
    E'Refuse a certificate of a charge point from now on, for good.\n'
    'A connection that is open stays open: disable the charge point to end it. Have the charge '
    'point ask for a new one first (extended_trigger_message), or it is locked out.';
