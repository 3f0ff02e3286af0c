-- Keys of charge points: staff see their tenant's without the hash, the platform all. Written by
-- functions only, which show a key once.
create policy charge_point_keys_select_staff on core.charge_point_keys for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_point_keys_select_platform on core.charge_point_keys for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, is_human_chosen, created_at, first_used_at, last_used_at,
    retired_at, command_id
) on core.charge_point_keys to staff, platform;

create trigger charge_point_keys__log_change
after insert or delete or update of retired_at
on core.charge_point_keys
for each row execute function audit.tg_log_change('key_hash');
