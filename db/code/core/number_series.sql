-- Number series: each legal entity has one of invoices and one of credit notes from its beginning.
-- Staff with billing.read read their tenant's, with billing.write they change them; the platform
-- all.
create policy number_series_select_staff on core.number_series for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy number_series_select_permission on core.number_series as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy number_series_select_platform on core.number_series for select to platform
using (true);
create policy number_series_update_staff on core.number_series for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy number_series_update_permission on core.number_series as restrictive
for update to staff
using ((select claims.has_permission('billing.write')))
with check ((select claims.has_permission('billing.write')));
create policy number_series_update_platform on core.number_series for update to platform
using (true)
with check (true);

grant select (
    tenant_id, legal_entity_id, kind, pattern, width
) on core.number_series to staff, platform;
grant update (
    pattern, width
) on core.number_series to staff, platform;

create trigger number_series__require_permission before update on core.number_series
for each statement execute function access.tg_require_permission('billing.write');
create trigger number_series__keep before update of pattern, width on core.number_series
for each row execute function billing.tg_number_series__keep();
create trigger number_series__log_change after insert or update or delete on core.number_series
for each row execute function audit.tg_log_change();
create trigger number_series__limit_update after update on core.number_series
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
