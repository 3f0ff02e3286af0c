-- Journals: staff with billing.read see their tenant's, the platform all. Append-only, written by
-- functions only; at commit each must be whole and balanced.
create policy journals_select_staff on core.journals for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy journals_select_permission on core.journals as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy journals_select_platform on core.journals for select to platform
using (true);

grant select (
    tenant_id, id, legal_entity_id, kind, source_key, transaction_id, posted_on, currency,
    description, created_at, created_by
) on core.journals to staff, platform;

create constraint trigger journals__check_balance after insert on core.journals
deferrable initially deferred
for each row execute function billing.tg_journals__check_balance();
create trigger journals__refuse_change before update or delete on core.journals
for each row execute function audit.tg_refuse_change('created_by');
create trigger journals__refuse_truncate before truncate on core.journals
for each statement execute function audit.tg_refuse_change();
alter table core.journals enable always trigger journals__refuse_change;
alter table core.journals enable always trigger journals__refuse_truncate;
