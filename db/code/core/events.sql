-- Events: staff read their tenant's, those about money with billing.read; the platform all,
-- the installation's own among them. Written by functions only (notify.emit).
create policy events_select_staff on core.events for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy events_select_permission on core.events as restrictive for select to staff
using (
    (select claims.has_permission('billing.read'))
    or type !~ '^(transaction|invoice|payment|wallet)[.]'
);
create policy events_select_platform on core.events for select to platform
using (true);

grant select (tenant_id, id, type, object_type, object_id, data, occurred_at)
on core.events to staff, platform;

create trigger events__tell after insert on core.events
referencing new table as new_rows
for each statement execute function notify.tg_events__tell();
