-- Card providers: staff with billing.read see their tenant's and write them with billing.write, the
-- platform all. Keys are set by api.set_payment_provider_secrets.
create policy payment_providers_select_staff on core.payment_providers for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy payment_providers_select_permission on core.payment_providers as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy payment_providers_select_platform on core.payment_providers for select to platform
using (true);
create policy payment_providers_insert_staff on core.payment_providers for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy payment_providers_update_staff on core.payment_providers for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy payment_providers_delete_staff on core.payment_providers for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy payment_providers_insert_permission on core.payment_providers as restrictive
for insert to staff
with check ((select claims.has_permission('billing.write')));
create policy payment_providers_update_permission on core.payment_providers as restrictive
for update to staff
using ((select claims.has_permission('billing.write')))
with check ((select claims.has_permission('billing.write')));
create policy payment_providers_delete_permission on core.payment_providers as restrictive
for delete to staff
using ((select claims.has_permission('billing.write')));
create policy payment_providers_insert_platform on core.payment_providers for insert to platform
with check (true);
create policy payment_providers_update_platform on core.payment_providers for update to platform
using (true)
with check (true);
create policy payment_providers_delete_platform on core.payment_providers for delete to platform
using (true);

grant select (
    tenant_id, id, legal_entity_id, provider, is_enabled, has_api_key, has_webhook_secret,
    created_at, updated_at
) on core.payment_providers to staff, platform;
grant insert (tenant_id, legal_entity_id, provider, is_enabled) on core.payment_providers
to staff, platform;
grant update (is_enabled) on core.payment_providers to staff, platform;
grant delete on core.payment_providers to staff, platform;

create trigger payment_providers__require_permission
before insert or update or delete on core.payment_providers
for each statement execute function access.tg_require_permission('billing.write');
create trigger payment_providers__touch_updated_at before update on core.payment_providers
for each row execute function audit.tg_touch_updated_at();
create trigger payment_providers__log_change
after insert or update or delete on core.payment_providers
for each row execute function audit.tg_log_change();
create trigger payment_providers__limit_update after update on core.payment_providers
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger payment_providers__limit_delete after delete on core.payment_providers
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
