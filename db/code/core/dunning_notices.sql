-- Dunning notices: staff with billing.read see their tenant's, customers those of their accounts,
-- the platform all. Written by functions only; all that changes later is that a fee is waived.
create policy dunning_notices_select_staff on core.dunning_notices for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy dunning_notices_select_permission on core.dunning_notices as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy dunning_notices_select_customer on core.dunning_notices for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and account_id = any((select claims.account_ids())::bigint[])
);
create policy dunning_notices_select_platform on core.dunning_notices for select to platform
using (true);

grant select (
    tenant_id, id, invoice_id, account_id, level, issued_on, due_on, open_amount, fee,
    journal_id, waived_at, waived_reason, waived_journal_id, created_at
) on core.dunning_notices to staff, customer, platform;

create trigger dunning_notices__keep before update or delete on core.dunning_notices
for each row execute function billing.tg_dunning_notices__keep();
create trigger dunning_notices__refuse_truncate before truncate on core.dunning_notices
for each statement execute function audit.tg_refuse_change();
alter table core.dunning_notices enable always trigger dunning_notices__keep;
alter table core.dunning_notices enable always trigger dunning_notices__refuse_truncate;
create trigger dunning_notices__log_change after update on core.dunning_notices
for each row execute function audit.tg_log_change();
