-- Sessions: staff read their tenant's, a driver their own, the platform all. Written by the
-- functions of schema charging only, which tell their story in core.session_events; keys by which
-- repeated messages are known are nobody's to read.
create policy sessions_select_staff on core.sessions for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy sessions_select_customer on core.sessions for select to customer
using (
    tenant_id = (select claims.tenant_id()) and user_id = (select claims.user_id())
);
create policy sessions_select_platform on core.sessions for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, evse_id, connector_id, protocol, transaction_id, state,
    charging_state, id_token, id_token_id, user_id, authorization_status, authorization_reason,
    started_at, started_at_reported, start_received_at, ended_at, ended_at_reported,
    stop_received_at, meter_start_wh, meter_stop_wh, energy_wh, last_meter_wh, last_reading_at,
    power_w, soc_percent, stop_reason, stop_id_token, stop_authorization_status, reservation_id,
    hold_reason, hold_details, flags, created_at, updated_at, command_id
) on core.sessions to staff, customer, platform;

create trigger sessions__use_reservation
after insert or update of reservation_id on core.sessions
for each row execute function charging.tg_sessions__use_reservation();
create trigger sessions__apply_profiles
after insert or update of state, command_id on core.sessions
for each row execute function charging.tg_sessions__apply_profiles();
