-- What goes to webhooks: for whoever sees the webhook. Written by functions only.
create policy webhook_deliveries_select_staff on core.webhook_deliveries for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy webhook_deliveries_select_permission on core.webhook_deliveries
as restrictive for select to staff
using ((select claims.has_permission('webhooks.write')));
create policy webhook_deliveries_select_platform on core.webhook_deliveries
for select to platform
using (true);

grant select (tenant_id, webhook_id, event_id, outbox_id, is_replay, number, created_at)
on core.webhook_deliveries to staff, platform;
