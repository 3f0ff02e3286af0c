-- Legal entities: staff with billing.read read their tenant's, with billing.write they write them;
-- the platform all. A customer finds theirs on each invoice.
create policy legal_entities_select_staff on core.legal_entities for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy legal_entities_select_permission on core.legal_entities as restrictive
for select to staff
using ((select claims.has_permission('billing.read')));
create policy legal_entities_select_platform on core.legal_entities for select to platform
using (true);
create policy legal_entities_insert_staff on core.legal_entities for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy legal_entities_update_staff on core.legal_entities for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy legal_entities_insert_permission on core.legal_entities as restrictive
for insert to staff
with check ((select claims.has_permission('billing.write')));
create policy legal_entities_update_permission on core.legal_entities as restrictive
for update to staff
using ((select claims.has_permission('billing.write')))
with check ((select claims.has_permission('billing.write')));
create policy legal_entities_insert_platform on core.legal_entities for insert to platform
with check (true);
create policy legal_entities_update_platform on core.legal_entities for update to platform
using (true)
with check (true);

grant select (
    tenant_id, id, name, is_default, address_line, address_line2, postal_code, city,
    country_code, vat_id, tax_number, registration, email, phone, website, currency, language,
    time_zone, vat_rate, iban, bic, bank_name, creditor_id, payment_terms_days, grace_days,
    pre_notification_days, created_at, updated_at
) on core.legal_entities to staff, platform;
grant insert (
    tenant_id, name, is_default, address_line, address_line2, postal_code, city, country_code,
    vat_id, tax_number, registration, email, phone, website, currency, language, time_zone,
    vat_rate, iban, bic, bank_name, creditor_id, payment_terms_days, grace_days,
    pre_notification_days
) on core.legal_entities to staff, platform;
grant update (
    name, is_default, address_line, address_line2, postal_code, city, country_code, vat_id,
    tax_number, registration, email, phone, website, currency, language, time_zone, vat_rate,
    iban, bic, bank_name, creditor_id, payment_terms_days, grace_days, pre_notification_days
) on core.legal_entities to staff, platform;

create trigger legal_entities__require_permission before insert or update on core.legal_entities
for each statement execute function access.tg_require_permission('billing.write');
create trigger legal_entities__prepare before insert or update on core.legal_entities
for each row execute function billing.tg_legal_entities__prepare();
create trigger legal_entities__create_series after insert on core.legal_entities
for each row execute function billing.tg_legal_entities__create_series();
create trigger legal_entities__touch_updated_at before update on core.legal_entities
for each row execute function audit.tg_touch_updated_at();
create trigger legal_entities__log_change after insert or update or delete on core.legal_entities
for each row execute function audit.tg_log_change();
create trigger legal_entities__limit_update after update on core.legal_entities
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
