-- API keys: staff see their own, with api_keys.write all of their tenant; the platform all.
-- Written by functions only.
create policy api_keys_select_staff on core.api_keys for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy api_keys_select_permission on core.api_keys as restrictive for select to staff
using (user_id = (select claims.user_id()) or (select claims.has_permission('api_keys.write')));
create policy api_keys_select_platform on core.api_keys for select to platform
using (true);

grant select (
    tenant_id, id, user_id, name, prefix, created_at, expires_at, revoked_at, last_used_at
) on core.api_keys to staff, platform;

create trigger api_keys__log_change after insert or update or delete on core.api_keys
for each row execute function audit.tg_log_change('key_hash', '-last_used_at');
