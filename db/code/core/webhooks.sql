-- Webhooks: staff with webhooks.write see and write their tenant's, the platform all. Nobody reads
-- the secrets: they are shown once, by api.create_webhook and api.rotate_webhook_secret.
create policy webhooks_select_staff on core.webhooks for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy webhooks_select_permission on core.webhooks as restrictive for select to staff
using ((select claims.has_permission('webhooks.write')));
create policy webhooks_select_platform on core.webhooks for select to platform
using (true);
create policy webhooks_update_staff on core.webhooks for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy webhooks_update_permission on core.webhooks as restrictive for update to staff
using ((select claims.has_permission('webhooks.write')))
with check ((select claims.has_permission('webhooks.write')));
create policy webhooks_update_platform on core.webhooks for update to platform
using (true)
with check (true);
create policy webhooks_delete_staff on core.webhooks for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy webhooks_delete_permission on core.webhooks as restrictive for delete to staff
using ((select claims.has_permission('webhooks.write')));
create policy webhooks_delete_platform on core.webhooks for delete to platform
using (true);

grant select (
    tenant_id, id, name, url, event_types, is_enabled, old_secret_until, failing_since,
    last_success_at, disabled_reason, created_at, updated_at
) on core.webhooks to staff, platform;
grant update (name, url, event_types, is_enabled) on core.webhooks to staff, platform;
grant delete on core.webhooks to staff, platform;

create trigger webhooks__require_permission before insert or update or delete on core.webhooks
for each statement execute function access.tg_require_permission('webhooks.write');
create trigger webhooks__check before insert or update of url, event_types, is_enabled
on core.webhooks
for each row execute function notify.tg_webhooks__check();
create trigger webhooks__touch_updated_at before update on core.webhooks
for each row execute function audit.tg_touch_updated_at();
create trigger webhooks__log_change after insert or update or delete on core.webhooks
for each row execute function audit.tg_log_change(
    'secret', 'old_secret', '-failing_since', '-last_success_at'
);
create trigger webhooks__limit_update after update on core.webhooks
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger webhooks__limit_delete after delete on core.webhooks
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
