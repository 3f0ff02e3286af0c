-- Quirks of models: the platform keeps them for all tenants, staff read them.
create policy model_quirks_select_staff on core.model_quirks for select to staff
using (true);
create policy model_quirks_select_platform on core.model_quirks for select to platform
using (true);
create policy model_quirks_insert_platform on core.model_quirks for insert to platform
with check (true);
create policy model_quirks_update_platform on core.model_quirks for update to platform
using (true)
with check (true);
create policy model_quirks_delete_platform on core.model_quirks for delete to platform
using (true);

grant select (
    id, vendor, model, firmware_version, quirks, note, created_at, updated_at
) on core.model_quirks to staff, platform;
grant insert (vendor, model, firmware_version, quirks, note) on core.model_quirks to platform;
grant update (vendor, model, firmware_version, quirks, note) on core.model_quirks to platform;
grant delete on core.model_quirks to platform;

create trigger model_quirks__touch_updated_at before update on core.model_quirks
for each row execute function audit.tg_touch_updated_at();
create trigger model_quirks__log_change after insert or update or delete on core.model_quirks
for each row execute function audit.tg_log_change();
create trigger model_quirks__limit_update after update on core.model_quirks
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger model_quirks__limit_delete after delete on core.model_quirks
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
