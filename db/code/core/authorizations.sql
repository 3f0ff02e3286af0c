-- Decisions about shown tokens: staff read their tenant's, the platform all. Written by
-- charging.authorize_id_token only; append-only, hence without an audit of its own.
create policy authorizations_select_staff on core.authorizations for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy authorizations_select_platform on core.authorizations for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, id_token, id_token_id, user_id, source, status, reason,
    decided_at
) on core.authorizations to staff, platform;
