-- Files of statements: staff who may read the billing read their tenant's, the platform all.
-- Written by functions only; what came is never changed.
create policy bank_files_select_staff on core.bank_files for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy bank_files_select_permission on core.bank_files as restrictive for select to staff
using ((select claims.has_permission('billing.read')));
create policy bank_files_select_platform on core.bank_files for select to platform
using (true);

grant select (
    tenant_id, id, source, file_name, size_bytes, sha256, format, state, reason, problem,
    attempts, imported_by, imported_at, finished_at
) on core.bank_files to staff, platform;
