-- Consents: everybody reads their own, staff with users.read those of their tenant, the platform
-- all. Written by api.accept_terms only, never changed.
create policy consents_select_staff on core.consents for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy consents_select_permission on core.consents as restrictive for select to staff
using (user_id = (select claims.user_id()) or (select claims.has_permission('users.read')));
create policy consents_select_customer on core.consents for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy consents_select_platform on core.consents for select to platform
using (true);

grant select (
    tenant_id, id, user_id, document, version, via, accepted_at
) on core.consents to staff, customer, platform;

create trigger consents__refuse_change before update or delete on core.consents
for each row execute function audit.tg_refuse_change();
create trigger consents__refuse_truncate before truncate on core.consents
for each statement execute function audit.tg_refuse_change();
