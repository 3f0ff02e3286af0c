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
-- A token that is deleted leaves its sessions, and these keep the price that it had.
create trigger sessions__choose_tariff after insert on core.sessions
for each row execute function pricing.tg_sessions__choose_tariff();
create trigger sessions__choose_tariff_again
after update of charge_point_id, evse_id, connector_id, id_token_id, user_id, started_at
on core.sessions
for each row when (
    old.started_at is distinct from new.started_at
    or old.charge_point_id is distinct from new.charge_point_id
    or old.evse_id is distinct from new.evse_id
    or old.connector_id is distinct from new.connector_id
    or old.user_id is distinct from new.user_id
    or old.id_token_id is distinct from new.id_token_id and new.id_token_id is not null
)
execute function pricing.tg_sessions__choose_tariff();
-- To be priced. Readings of a running session write ended_at and energy_wh, too, so it is asked
-- whether the session is over, and what changed.
create trigger sessions__queue_ended after insert on core.sessions
for each row when (new.state <> 'active')
execute function pricing.tg_sessions__queue();
create trigger sessions__queue_changed
after update of
state, user_id, started_at, ended_at, meter_start_wh, meter_stop_wh, energy_wh, hold_details,
authorization_status
on core.sessions
for each row when (
    new.state <> 'active'
    and (
        old.state is distinct from new.state
        or old.user_id is distinct from new.user_id
        or old.started_at is distinct from new.started_at
        or old.ended_at is distinct from new.ended_at
        or old.meter_start_wh is distinct from new.meter_start_wh
        or old.meter_stop_wh is distinct from new.meter_stop_wh
        or old.energy_wh is distinct from new.energy_wh
        or old.hold_details is distinct from new.hold_details
        or old.authorization_status is distinct from new.authorization_status
    )
)
execute function pricing.tg_sessions__queue();
-- Told to webhooks and people.
create trigger sessions__emit_started after insert on core.sessions
for each row execute function notify.tg_sessions__emit();
create trigger sessions__emit_ended after update of state on core.sessions
for each row when (old.state = 'active' and new.state <> 'active')
execute function notify.tg_sessions__emit();
