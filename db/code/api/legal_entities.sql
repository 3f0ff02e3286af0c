-- Legal entities, writable.
create or replace view api.legal_entities
with (security_invoker = true) as
select
    e.tenant_id,
    e.id,
    e.name,
    e.is_default,
    e.address_line,
    e.address_line2,
    e.postal_code,
    e.city,
    e.country_code,
    e.vat_id,
    e.tax_number,
    e.registration,
    e.email,
    e.phone,
    e.website,
    e.currency,
    e.language,
    e.time_zone,
    e.vat_rate,
    e.iban,
    e.bic,
    e.bank_name,
    e.creditor_id,
    e.payment_terms_days,
    e.grace_days,
    e.pre_notification_days,
    e.created_at,
    e.updated_at
from core.legal_entities as e;
alter view api.legal_entities alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, name, is_default, address_line, address_line2, postal_code, city,
    country_code, vat_id, tax_number, registration, email, phone, website, currency, language,
    time_zone, vat_rate, iban, bic, bank_name, creditor_id, payment_terms_days, grace_days,
    pre_notification_days, created_at, updated_at
) on api.legal_entities to staff, platform;
grant insert (
    tenant_id, name, is_default, address_line, address_line2, postal_code, city, country_code,
    vat_id, tax_number, registration, email, phone, website, currency, language, time_zone,
    vat_rate, iban, bic, bank_name, creditor_id, payment_terms_days, grace_days,
    pre_notification_days
) on api.legal_entities to staff, platform;
grant update (
    name, is_default, address_line, address_line2, postal_code, city, country_code, vat_id,
    tax_number, registration, email, phone, website, currency, language, time_zone, vat_rate,
    iban, bic, bank_name, creditor_id, payment_terms_days, grace_days, pre_notification_days
) on api.legal_entities to staff, platform;

comment on view api.legal_entities is
    E'A company of the tenant that writes invoices.\n'
    'Its address, tax and bank details stand on every invoice as they were when it was issued. '
    'Staff read with billing.read and write with billing.write. Another one becomes the default '
    'by is_default.';
comment on column api.legal_entities.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.legal_entities.id is 'Number of the legal entity.';
comment on column api.legal_entities.name is
    'Name as in the register of companies; unique within the tenant.';
comment on column api.legal_entities.is_default is
    'Whether accounts that name none are billed by it; one is, always.';
comment on column api.legal_entities.address_line is 'Street and house number.';
comment on column api.legal_entities.address_line2 is 'More of the address.';
comment on column api.legal_entities.postal_code is 'Postal code.';
comment on column api.legal_entities.city is 'Town.';
comment on column api.legal_entities.country_code is
    'Country: two capital letters of ISO 3166-1. Left out, it is the tenant''s.';
comment on column api.legal_entities.vat_id is 'VAT id such as DE123456789; its form is checked.';
comment on column api.legal_entities.tax_number is
    'Number at the tax office, where invoices have to show one.';
comment on column api.legal_entities.registration is
    'Register and number, managing directors: what the law wants to see on letters.';
comment on column api.legal_entities.email is 'Where customers write to about invoices.';
comment on column api.legal_entities.phone is 'Where they call.';
comment on column api.legal_entities.website is 'Its address on the web.';
comment on column api.legal_entities.currency is
    'Currency of its accounts unless they say otherwise (ISO 4217). Left out, it is the '
    'tenant''s.';
comment on column api.legal_entities.language is
    'Language of its own documents. Left out, it is the tenant''s.';
comment on column api.legal_entities.time_zone is
    'IANA time zone: its days and months follow it. Left out, it is the tenant''s.';
comment on column api.legal_entities.vat_rate is
    'VAT in percent of fees and one-off lines; sessions have that of their tariff.';
comment on column api.legal_entities.iban is
    'Where customers pay to: length and check digits are checked.';
comment on column api.legal_entities.bic is 'BIC of that bank.';
comment on column api.legal_entities.bank_name is 'Name of that bank.';
comment on column api.legal_entities.creditor_id is
    'SEPA creditor identifier, for direct debits; its check digits are checked.';
comment on column api.legal_entities.payment_terms_days is
    'Days after the invoice that it is due, unless the account says otherwise.';
comment on column api.legal_entities.grace_days is
    'Days that a draft waits before it is finalised, unless the account says otherwise.';
comment on column api.legal_entities.pre_notification_days is
    'Days before a direct debit that the payer is told.';
comment on column api.legal_entities.created_at is 'When the row was made.';
comment on column api.legal_entities.updated_at is 'When the row was last changed.';
