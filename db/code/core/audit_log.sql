-- The audit log: staff with audit.read see their tenant's, the platform all. Nobody changes or
-- deletes a row, not even with session_replication_role; old partitions are dropped whole.
create policy audit_log_select_staff on core.audit_log for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy audit_log_select_permission on core.audit_log as restrictive for select to staff
using ((select claims.has_permission('audit.read')));
create policy audit_log_select_platform on core.audit_log for select to platform
using (true);

grant select (
    tenant_id, id, changed_at, user_id, actor, table_name, row_key, operation, old_values,
    new_values
) on core.audit_log to staff, platform;

create trigger audit_log__refuse_change before update or delete on core.audit_log
for each row execute function audit.tg_audit_log__refuse_change();
create trigger audit_log__refuse_truncate before truncate on core.audit_log
for each statement execute function audit.tg_audit_log__refuse_change();
alter table core.audit_log enable always trigger audit_log__refuse_change;
alter table core.audit_log enable always trigger audit_log__refuse_truncate;
