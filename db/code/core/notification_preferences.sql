-- What a person switched on or off: theirs alone.
create policy notification_preferences_select_staff on core.notification_preferences
for select to staff
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_insert_staff on core.notification_preferences
for insert to staff
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_update_staff on core.notification_preferences
for update to staff
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
)
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_delete_staff on core.notification_preferences
for delete to staff
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_select_customer on core.notification_preferences
for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_insert_customer on core.notification_preferences
for insert to customer
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_update_customer on core.notification_preferences
for update to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
)
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_delete_customer on core.notification_preferences
for delete to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_select_platform on core.notification_preferences
for select to platform
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_insert_platform on core.notification_preferences
for insert to platform
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_update_platform on core.notification_preferences
for update to platform
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
)
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_preferences_delete_platform on core.notification_preferences
for delete to platform
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);

grant select (tenant_id, user_id, kind, channel, is_enabled, created_at, updated_at)
on core.notification_preferences to staff, customer, platform;
grant insert (tenant_id, user_id, kind, channel, is_enabled)
on core.notification_preferences to staff, customer, platform;
grant update (is_enabled) on core.notification_preferences to staff, customer, platform;
grant delete on core.notification_preferences to staff, customer, platform;

create trigger notification_preferences__touch_updated_at
before update on core.notification_preferences
for each row execute function audit.tg_touch_updated_at();
create trigger notification_preferences__log_change
after insert or update or delete on core.notification_preferences
for each row execute function audit.tg_log_change();
create trigger notification_preferences__limit_update after update on core.notification_preferences
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger notification_preferences__limit_delete after delete on core.notification_preferences
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger notification_preferences__check before insert or update
on core.notification_preferences
for each row execute function notify.tg_notification_preferences__check();
