-- Make an unknown charger a charge point, with a key that is shown this once.
--
-- Writes:  core.charge_points, core.charge_point_keys; the triggers of charge_points write the
--          directory of identities and take the charger out of every inbox.
-- Errors:  PT403 permission_missing, PT404 inbox_entry_unknown, PT404
--          tenant_unknown, PT400 tenant_required, PT409 charge_point_identity_taken, PT409
--          inbox_entry_decided.
-- Definer: keys are written by functions only, and onboarding.write alone suffices.
create or replace function api.admit_charge_point(
    unknown_charge_point_id bigint,
    site_id bigint default null,
    name text default null,
    tenant_id bigint default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_platform boolean := claims.role() = 'platform';
    v_entry core.unknown_charge_points;
    v_tenant_id bigint;
    v_charge_point_id bigint;
begin
    perform access.require_permission('onboarding.write');

    v_entry := fleet.lock_unknown_charge_point(unknown_charge_point_id);
    v_tenant_id := coalesce(admit_charge_point.tenant_id, v_entry.tenant_id);
    if v_tenant_id is null then
        raise exception using
            errcode = 'PT400',
            message = 'the charger named no tenant: say which one it is for',
            detail = '{"error":"tenant_required"}',
            hint = 'Send tenant_id.';
    end if;
    if not exists (select from core.tenants as t where t.id = v_tenant_id)
        or not v_is_platform and v_tenant_id <> claims.tenant_id()
    then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such tenant',
            detail = '{"error":"tenant_unknown"}',
            hint = 'Leave tenant_id out to use your own.';
    end if;

    insert into core.charge_points as c (tenant_id, identity, site_id, name)
    values (v_tenant_id, v_entry.identity, admit_charge_point.site_id, admit_charge_point.name)
    returning c.id into v_charge_point_id;

    return jsonb_build_object(
        'charge_point_id', v_charge_point_id,
        'identity', v_entry.identity,
        'key', fleet.create_charge_point_key(v_tenant_id, v_charge_point_id)
    );
end;
$$;
revoke all on function api.admit_charge_point(bigint, bigint, text, bigint) from public;
grant execute on function api.admit_charge_point(bigint, bigint, text, bigint) to staff, platform;
comment on function api.admit_charge_point(bigint, bigint, text, bigint) is
    E'Admit an unknown charger: it becomes a charge point with a key of its own.\n'
    'Returns {"charge_point_id", "identity", "key"}; the key is shown this once. tenant_id is for '
    'platform admins, who also admit chargers that named no tenant.';
