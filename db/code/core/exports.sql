-- Exports: staff read their tenant's, the platform all. Written by api.create_export,
-- api.create_export_link and the jobs runner's functions; nobody may read the hash of a link.
-- Who asked for what, and who fetched it, is worth knowing.
create policy exports_select_staff on core.exports for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy exports_select_platform on core.exports for select to platform
using (true);

grant select (
    tenant_id, id, list, from_at, to_at, format, state, requested_by, created_at, attempts,
    next_attempt_at, started_at, finished_at, problem, row_count, size_bytes, sha256, file_name,
    expires_at, link_expires_at, fetched_at
) on core.exports to staff, platform;

create trigger exports__log_change
after insert or update of link_hash, fetched_at on core.exports
for each row execute function audit.tg_log_change('link_hash');
