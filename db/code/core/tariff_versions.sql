-- Versions of tariffs: staff read their tenant's, the platform all, drivers those that a session of
-- theirs is priced with. Written by api.put_tariff and api.end_tariff alone.
create policy tariff_versions_select_staff on core.tariff_versions for select to staff
using (tenant_id = (select claims.tenant_id()));
-- session_tariffs shows a driver the rows of their own sessions.
create policy tariff_versions_select_customer on core.tariff_versions for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and id = any(array(
        select st.tariff_version_id
        from core.session_tariffs as st
        where st.tenant_id = (select claims.tenant_id())
    ))
);
create policy tariff_versions_select_platform on core.tariff_versions for select to platform
using (true);

grant select (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid, created_at, created_by
) on core.tariff_versions to staff, customer, platform;

create trigger tariff_versions__keep before update or delete on core.tariff_versions
for each row execute function pricing.tg_tariff_versions__keep();
create trigger tariff_versions__refuse_truncate before truncate on core.tariff_versions
for each statement execute function pricing.tg_tariff_versions__keep();
-- The document stands in the API and says all of compiled.
create trigger tariff_versions__log_change after insert or update or delete
on core.tariff_versions
for each row execute function audit.tg_log_change('-compiled');
-- Not even replication changes what an invoice rests on.
alter table core.tariff_versions enable always trigger tariff_versions__keep;
alter table core.tariff_versions enable always trigger tariff_versions__refuse_truncate;
create trigger tariff_versions__queue after insert or update of valid on core.tariff_versions
for each row execute function pricing.tg_queue_without_tariff();
