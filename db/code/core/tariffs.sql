-- Tariffs: staff read their tenant's, the platform all. Drivers read those of their sessions: what
-- others pay is not theirs to know. Written by api.put_tariff alone.
create policy tariffs_select_staff on core.tariffs for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy tariffs_select_customer on core.tariffs for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and id = any(array(
        select v.tariff_id
        from core.tariff_versions as v
        where v.tenant_id = (select claims.tenant_id())
    ))
);
create policy tariffs_select_platform on core.tariffs for select to platform
using (true);

grant select (tenant_id, id, tariff_id, tariff_key, name, created_at, updated_at)
on core.tariffs to staff, customer, platform;

create trigger tariffs__touch_updated_at before update on core.tariffs
for each row execute function audit.tg_touch_updated_at();
create trigger tariffs__log_change after insert or update or delete on core.tariffs
for each row execute function audit.tg_log_change();
