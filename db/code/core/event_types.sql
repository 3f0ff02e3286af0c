-- The list of event types is everybody's to read.
create policy event_types_select_everybody on core.event_types for select
to staff, customer, platform
using (true);

grant select (type, description) on core.event_types to staff, customer, platform;
