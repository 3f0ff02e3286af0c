-- A tenant's own words: staff read them and write them with notifications.write; the platform all.
create policy notification_templates_select_staff on core.notification_templates
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy notification_templates_select_platform on core.notification_templates
for select to platform
using (true);
create policy notification_templates_insert_staff on core.notification_templates
for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy notification_templates_update_staff on core.notification_templates
for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy notification_templates_delete_staff on core.notification_templates
for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy notification_templates_insert_permission on core.notification_templates
as restrictive for insert to staff
with check ((select claims.has_permission('notifications.write')));
create policy notification_templates_update_permission on core.notification_templates
as restrictive for update to staff
using ((select claims.has_permission('notifications.write')))
with check ((select claims.has_permission('notifications.write')));
create policy notification_templates_delete_permission on core.notification_templates
as restrictive for delete to staff
using ((select claims.has_permission('notifications.write')));
create policy notification_templates_insert_platform on core.notification_templates
for insert to platform
with check (true);
create policy notification_templates_update_platform on core.notification_templates
for update to platform
using (true)
with check (true);
create policy notification_templates_delete_platform on core.notification_templates
for delete to platform
using (true);

grant select (
    tenant_id, kind, language, subject, body, created_at, updated_at
) on core.notification_templates to staff, platform;
grant insert (tenant_id, kind, language, subject, body)
on core.notification_templates to staff, platform;
grant update (subject, body) on core.notification_templates to staff, platform;
grant delete on core.notification_templates to staff, platform;

create trigger notification_templates__require_permission
before insert or update or delete on core.notification_templates
for each statement execute function access.tg_require_permission('notifications.write');
create trigger notification_templates__touch_updated_at before update on core.notification_templates
for each row execute function audit.tg_touch_updated_at();
create trigger notification_templates__log_change
after insert or update or delete on core.notification_templates
for each row execute function audit.tg_log_change();
create trigger notification_templates__limit_update after update on core.notification_templates
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger notification_templates__limit_delete after delete on core.notification_templates
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger notification_templates__check before insert or update
on core.notification_templates
for each row execute function notify.tg_notification_templates__check();
