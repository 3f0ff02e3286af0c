-- Give a charge point a new key, shown this once.
--
-- Writes:  core.charge_point_keys.
-- Errors:  PT403 permission_missing, PT404 charge_point_unknown (also for another tenant's).
-- Definer: keys are written by functions only.
create or replace function api.create_charge_point_key(charge_point_id bigint)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id bigint;
begin
    perform access.require_permission('charge_point_keys.write');

    select c.tenant_id into v_tenant_id
    from core.charge_points as c
    where c.id = create_charge_point_key.charge_point_id
        and (claims.role() = 'platform' or c.tenant_id = claims.tenant_id());
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such charge point',
            detail = '{"error":"charge_point_unknown"}',
            hint = 'Take the id from charge_points.';
    end if;

    return jsonb_build_object(
        'key', fleet.create_charge_point_key(v_tenant_id, create_charge_point_key.charge_point_id)
    );
end;
$$;
revoke all on function api.create_charge_point_key(bigint) from public;
grant execute on function api.create_charge_point_key(bigint) to staff, platform;
comment on function api.create_charge_point_key(bigint) is
    E'Give a charge point a new key.\n'
    'Returns {"key"}, shown this once. The old keys stay valid until the charge point has '
    'connected with the new one.';
