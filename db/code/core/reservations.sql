-- Reservations: staff read their tenant's, a driver their own, the platform all. Written by
-- functions only.
create policy reservations_select_staff on core.reservations for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy reservations_select_customer on core.reservations for select to customer
using (
    tenant_id = (select claims.tenant_id()) and user_id = (select claims.user_id())
);
create policy reservations_select_platform on core.reservations for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, reservation_no, ocpp16_connector_id, id_token, id_token_id,
    parent_id_token, user_id, state, status_reported, expires_at, command_id, session_id,
    created_at, updated_at
) on core.reservations to staff, customer, platform;

create trigger reservations__touch_updated_at before update on core.reservations
for each row execute function audit.tg_touch_updated_at();
-- To be priced: the driver may owe for what was reserved and nobody used.
create trigger reservations__queue after update of state on core.reservations
for each row when (
    new.state = 'expired' and old.state = 'reserved'
    or old.state = 'expired' and new.state = 'used'
)
execute function pricing.tg_reservations__queue();
