-- Outside issuers: the platform's alone.
create policy identity_providers_select_platform on core.identity_providers
for select to platform
using (true);
create policy identity_providers_insert_platform on core.identity_providers
for insert to platform
with check (true);
create policy identity_providers_update_platform on core.identity_providers
for update to platform
using (true)
with check (true);
create policy identity_providers_delete_platform on core.identity_providers
for delete to platform
using (true);

grant select (issuer, audience, requires_jti, is_active, created_at)
on core.identity_providers to platform;
grant insert (issuer, audience, requires_jti, is_active)
on core.identity_providers to platform;
grant update (audience, requires_jti, is_active) on core.identity_providers to platform;
grant delete on core.identity_providers to platform;

create trigger identity_providers__log_change
after insert or update or delete on core.identity_providers
for each row execute function audit.tg_log_change();
create trigger identity_providers__limit_update after update on core.identity_providers
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger identity_providers__limit_delete after delete on core.identity_providers
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
