-- Erasures: everybody reads their own, staff with privacy.write those of their tenant, the platform
-- all. Written by functions only; one that is done never changes.
create policy erasures_select_staff on core.erasures for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy erasures_select_permission on core.erasures as restrictive for select to staff
using (user_id = (select claims.user_id()) or (select claims.has_permission('privacy.write')));
create policy erasures_select_customer on core.erasures for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy erasures_select_platform on core.erasures for select to platform
using (true);

grant select (
    tenant_id, id, user_id, state, requested_at, requested_by, reason, erased_at, erased_by, counts
) on core.erasures to staff, customer, platform;

create trigger erasures__log_change after insert or update or delete on core.erasures
for each row execute function audit.tg_log_change('-written_in');
create trigger erasures__refuse_change before update or delete on core.erasures
for each row when (old.state = 'done')
execute function audit.tg_refuse_change('requested_by');
create trigger erasures__refuse_truncate before truncate on core.erasures
for each statement execute function audit.tg_refuse_change();
alter table core.erasures enable always trigger erasures__refuse_change;
alter table core.erasures enable always trigger erasures__refuse_truncate;
