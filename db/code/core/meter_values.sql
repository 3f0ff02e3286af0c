-- Meter values: staff read their tenant's, a driver those of their own sessions, the platform
-- all. Written by charging.record_meter_values only.
create policy meter_values_select_staff on core.meter_values for select to staff
using (tenant_id = (select claims.tenant_id()));
-- One look-up of the driver's sessions a query, and then the index on sessions.
create policy meter_values_select_customer on core.meter_values for select to customer
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
create policy meter_values_select_platform on core.meter_values for select to platform
using (true);

grant select (
    tenant_id, charge_point_id, evse_no, session_id, transaction_id, sampled_at,
    sampled_at_reported, received_at, context, energy_wh, energy_export_wh, power_w, power_l1_w,
    power_l2_w, power_l3_w, power_offered_w, current_a, current_l1_a, current_l2_a, current_l3_a,
    current_offered_a, voltage_v, voltage_l1_v, voltage_l2_v, voltage_l3_v, soc_percent,
    temperature_celsius, other_samples, flags
) on core.meter_values to staff, customer, platform;
