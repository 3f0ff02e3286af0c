-- What card providers told: staff with billing.read see their tenant's, the platform all.
-- Written by functions only.
create policy payment_events_select_staff on core.payment_events for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy payment_events_select_permission on core.payment_events as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy payment_events_select_platform on core.payment_events for select to platform
using (true);

grant select (
    tenant_id, id, payment_provider_id, event_id, type, data, signed_at, received_at, processed_at,
    payment_id, outcome
) on core.payment_events to staff, platform;
