-- Live costs: staff read their tenant's, a driver those of their own sessions, the platform all.
-- Written by jobs.refresh_session_costs only. Who tried to stop what, and what went wrong inside,
-- is in nobody's columns.
create policy session_costs_select_staff on core.session_costs for select to staff
using (tenant_id = (select claims.tenant_id()));
-- One look-up of the driver's sessions a query, and then the primary key.
create policy session_costs_select_customer on core.session_costs for select to customer
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
create policy session_costs_select_platform on core.session_costs for select to platform
using (true);

grant select (
    tenant_id, session_id, energy_wh, currency, total_excl_vat, total_incl_vat, result, as_of,
    session_updated_at, calculations, calculated_at, problem, budget_id, stop_command_id
) on core.session_costs to staff, customer, platform;
