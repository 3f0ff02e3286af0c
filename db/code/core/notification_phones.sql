-- Where a person gets SMS: theirs alone.
create policy notification_phones_select_staff on core.notification_phones for select to staff
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_insert_staff on core.notification_phones for insert to staff
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_update_staff on core.notification_phones for update to staff
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
)
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_delete_staff on core.notification_phones for delete to staff
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_select_customer on core.notification_phones
for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_insert_customer on core.notification_phones
for insert to customer
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_update_customer on core.notification_phones
for update to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
)
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_delete_customer on core.notification_phones
for delete to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_select_platform on core.notification_phones
for select to platform
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_insert_platform on core.notification_phones
for insert to platform
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_update_platform on core.notification_phones
for update to platform
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
)
with check (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notification_phones_delete_platform on core.notification_phones
for delete to platform
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);

grant select (tenant_id, user_id, phone, created_at, updated_at)
on core.notification_phones to staff, customer, platform;
grant insert (tenant_id, user_id, phone)
on core.notification_phones to staff, customer, platform;
grant update (phone) on core.notification_phones to staff, customer, platform;
grant delete on core.notification_phones to staff, customer, platform;

create trigger notification_phones__touch_updated_at before update on core.notification_phones
for each row execute function audit.tg_touch_updated_at();
create trigger notification_phones__log_change
after insert or update or delete on core.notification_phones
for each row execute function audit.tg_log_change();
create trigger notification_phones__limit_update after update on core.notification_phones
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger notification_phones__limit_delete after delete on core.notification_phones
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
