-- Tokens that nobody has registered: staff see their tenant's, the platform all. Written by
-- functions only.
create policy unknown_id_tokens_select_staff on core.unknown_id_tokens for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy unknown_id_tokens_select_platform on core.unknown_id_tokens for select to platform
using (true);

grant select (
    tenant_id, id, id_token, state, attempts, first_seen_at, last_seen_at, last_charge_point_id,
    decided_at, decided_by
) on core.unknown_id_tokens to staff, platform;

create trigger unknown_id_tokens__log_change after update of state on core.unknown_id_tokens
for each row when (old.state is distinct from new.state)
execute function audit.tg_log_change();
