-- What people are told: known to everybody who is signed in, written by migrations.
create policy notification_kinds_select_staff on core.notification_kinds
for select to staff
using (true);
create policy notification_kinds_select_customer on core.notification_kinds
for select to customer
using (true);
create policy notification_kinds_select_platform on core.notification_kinds
for select to platform
using (true);

grant select (
    kind, audience, event_types, is_on_by_default, is_mandatory, placeholders, description
) on core.notification_kinds to staff, customer, platform;
