-- Chargers that nobody has registered: staff see those that named their tenant, the platform all,
-- those without a tenant included. Written by functions only.
create policy unknown_charge_points_select_staff on core.unknown_charge_points for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy unknown_charge_points_select_platform on core.unknown_charge_points
for select to platform
using (true);

grant select (
    id, tenant_id, identity, state, attempts, first_seen_at, last_seen_at, remote_address,
    user_agent, offered_subprotocols, has_sent_key, decided_at, decided_by
) on core.unknown_charge_points to staff, platform;

create trigger unknown_charge_points__log_change
after update of state
on core.unknown_charge_points
for each row when (old.state is distinct from new.state)
execute function audit.tg_log_change();
