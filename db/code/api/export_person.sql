-- The same for a person who asks somebody of the tenant, with privacy.write.
--
-- Errors:  PT403 permission_missing; PT404 user_unknown, also for people of other tenants.
-- Definer: staff may not read every table that knows a person.
create or replace function api.export_person(user_id uuid)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set statement_timeout = '60s'
as $$
begin
    perform access.require_permission('privacy.write');
    perform access.lock_person(claims.tenant_id(), export_person.user_id);
    return access.export_person(claims.tenant_id(), export_person.user_id);
end;
$$;
revoke all on function api.export_person(uuid) from public;
grant execute on function api.export_person(uuid) to staff, platform;
comment on function api.export_person(uuid) is
    E'Everything that is known about a person of the tenant, as one JSON document.\n'
    'For somebody who cannot sign in. Takes the permission privacy.write.';
