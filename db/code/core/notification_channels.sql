-- The SMS gateway and the chat rooms: staff read their tenant's and write them with
-- notifications.write; the platform all. Their addresses are secrets
-- (ops.notification_channel_urls).
create policy notification_channels_select_staff on core.notification_channels
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy notification_channels_select_platform on core.notification_channels
for select to platform
using (true);
create policy notification_channels_insert_staff on core.notification_channels
for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy notification_channels_update_staff on core.notification_channels
for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy notification_channels_delete_staff on core.notification_channels
for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy notification_channels_insert_permission on core.notification_channels
as restrictive for insert to staff
with check ((select claims.has_permission('notifications.write')));
create policy notification_channels_update_permission on core.notification_channels
as restrictive for update to staff
using ((select claims.has_permission('notifications.write')))
with check ((select claims.has_permission('notifications.write')));
create policy notification_channels_delete_permission on core.notification_channels
as restrictive for delete to staff
using ((select claims.has_permission('notifications.write')));
create policy notification_channels_insert_platform on core.notification_channels
for insert to platform
with check (true);
create policy notification_channels_update_platform on core.notification_channels
for update to platform
using (true)
with check (true);
create policy notification_channels_delete_platform on core.notification_channels
for delete to platform
using (true);

grant select (
    tenant_id, id, name, channel, kinds, language, is_enabled, has_url, created_at, updated_at
) on core.notification_channels to staff, platform;
grant insert (tenant_id, name, channel, kinds, language, is_enabled)
on core.notification_channels to staff, platform;
grant update (name, kinds, language, is_enabled) on core.notification_channels to staff, platform;
grant delete on core.notification_channels to staff, platform;

create trigger notification_channels__require_permission
before insert or update or delete on core.notification_channels
for each statement execute function access.tg_require_permission('notifications.write');
create trigger notification_channels__touch_updated_at before update on core.notification_channels
for each row execute function audit.tg_touch_updated_at();
create trigger notification_channels__log_change
after insert or update or delete on core.notification_channels
for each row execute function audit.tg_log_change();
create trigger notification_channels__limit_update after update on core.notification_channels
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger notification_channels__limit_delete after delete on core.notification_channels
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger notification_channels__check before insert or update of kinds
on core.notification_channels
for each row execute function notify.tg_notification_channels__check();
