-- Events of sessions: who may read the session reads them. Append-only, written by
-- charging.record_session_event.
create policy session_events_select_staff on core.session_events for select to staff
using (tenant_id = (select claims.tenant_id()));
-- One look-up of the driver's sessions a query, and then the key's index.
create policy session_events_select_customer on core.session_events for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and session_id = any(array(
        select s.id
        from core.sessions as s
        where
            s.tenant_id = (select claims.tenant_id())
            and s.user_id = (select claims.user_id())
    ))
);
create policy session_events_select_platform on core.session_events for select to platform
using (true);

grant select (
    tenant_id, session_id, id, event, from_state, to_state, happened_at, received_at, details
) on core.session_events to staff, customer, platform;
