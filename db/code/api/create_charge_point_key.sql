-- Give a charge point a new key, shown this once.
--
-- revoke_others retires the keys it has at once, for one that was stolen; without it they stay
-- valid until the charge point has connected with the new one (fleet.create_charge_point_key).
-- Writes:  core.charge_point_keys, ops.commands.
-- Errors:  PT403 permission_missing, PT404 charge_point_unknown (also for another tenant's).
-- Definer: keys are written by functions only.
create or replace function api.create_charge_point_key(
    charge_point_id bigint,
    revoke_others boolean default false
)
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

    if create_charge_point_key.revoke_others then
        perform fleet.retire_charge_point_keys(
            v_tenant_id, create_charge_point_key.charge_point_id, null
        );
    end if;
    return jsonb_build_object(
        'key', fleet.create_charge_point_key(v_tenant_id, create_charge_point_key.charge_point_id)
    );
end;
$$;
revoke all on function api.create_charge_point_key(bigint, boolean) from public;
grant execute on function api.create_charge_point_key(bigint, boolean) to staff, platform;
comment on function api.create_charge_point_key(bigint, boolean) is
    E'Give a charge point a new key.\n'
    'Returns {"key"}, shown this once. The old keys stay valid until the charge point has '
    'connected with the new one; with revoke_others they are refused from now on, which is for a '
    'stolen key. A connection that is open stays open: disable the charge point to end it.';
