-- Tariffs of sessions: who may read the session reads them. Written by pricing.set_session_tariff
-- and, where an operator chooses another tariff, by pricing.set_operator_tariff.
create policy session_tariffs_select_staff on core.session_tariffs for select to staff
using (tenant_id = (select claims.tenant_id()));
-- One look-up of the driver's sessions a query, and then the key's index.
create policy session_tariffs_select_customer on core.session_tariffs for select to customer
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
create policy session_tariffs_select_platform on core.session_tariffs for select to platform
using (true);

grant select (
    tenant_id, session_id, tariff_version_id, tariff_assignment_id, place, audience, time_zone,
    chosen_at
) on core.session_tariffs to staff, customer, platform;
