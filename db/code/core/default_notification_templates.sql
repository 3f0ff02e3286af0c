-- The words where a tenant has none: for everybody who is signed in, written by migrations.
create policy default_notification_templates_select_staff on core.default_notification_templates
for select to staff
using (true);
create policy default_notification_templates_select_customer on core.default_notification_templates
for select to customer
using (true);
create policy default_notification_templates_select_platform on core.default_notification_templates
for select to platform
using (true);

grant select (
    kind, language, subject, body
) on core.default_notification_templates to staff, customer, platform;
