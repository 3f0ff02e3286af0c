-- Batches of direct debits: staff who may read the billing read their tenant's, the platform all.
-- Written by functions only.
create policy debit_batches_select_staff on core.debit_batches for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy debit_batches_select_permission on core.debit_batches
as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy debit_batches_select_platform on core.debit_batches for select to platform
using (true);

grant select (
    tenant_id, id, legal_entity_id, message_id, scheme, sequence_type, collect_on, currency,
    state, payment_count, total, problem, created_by, created_at, submitted_at
) on core.debit_batches to staff, platform;

create trigger debit_batches__log_change after insert or update on core.debit_batches
for each row execute function audit.tg_log_change();
