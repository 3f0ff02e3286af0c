-- Who was told what: staff with notifications.write read their tenant's, a person their own, the
-- platform all. Written by functions only.
create policy notifications_select_staff on core.notifications for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy notifications_select_permission on core.notifications
as restrictive for select to staff
using ((select claims.has_permission('notifications.write')));
create policy notifications_select_customer on core.notifications for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy notifications_select_platform on core.notifications for select to platform
using (true);

grant select (
    tenant_id, id, event_id, kind, user_id, customer_id, channel_id, channel, object, outbox_id,
    created_at
) on core.notifications to staff, customer, platform;
