-- Customers, writable.
create or replace view api.customers
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.number,
    c.kind,
    c.name,
    c.contact_name,
    c.email,
    c.phone,
    c.language,
    c.user_id,
    c.vat_id,
    c.vat_id_state,
    c.vat_id_checked_at,
    c.vat_id_evidence,
    c.tax_number,
    c.buyer_reference,
    c.erased_at,
    c.created_at,
    c.updated_at
from core.customers as c;
alter view api.customers alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, number, kind, name, contact_name, email, phone, language, user_id, vat_id,
    vat_id_state, vat_id_checked_at, vat_id_evidence, tax_number, buyer_reference, erased_at,
    created_at, updated_at
) on api.customers to staff, customer, platform;
grant insert (
    tenant_id, number, kind, name, contact_name, email, phone, language, user_id, vat_id,
    tax_number, buyer_reference
) on api.customers to staff, platform;
grant update (
    number, kind, name, contact_name, email, phone, language, user_id, vat_id, tax_number,
    buyer_reference
) on api.customers to staff, platform;
grant delete on api.customers to staff, platform;

comment on view api.customers is
    E'A person or company that pays.\n'
    'A person of the tenant who is one sees it, with its addresses, accounts and contracts. Staff '
    'read with billing.read and write with customers.write.';
comment on column api.customers.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.customers.id is 'Number of the row.';
comment on column api.customers.number is 'Customer number; made when left out.';
comment on column api.customers.kind is 'person or company.';
comment on column api.customers.name is 'Name of the person or company, as on the invoice.';
comment on column api.customers.contact_name is 'Whom to address at a company.';
comment on column api.customers.email is 'Where invoices and reminders go.';
comment on column api.customers.phone is 'Phone number.';
comment on column api.customers.language is
    'Language of invoices and messages. Left out, it is the person''s, else the tenant''s.';
comment on column api.customers.user_id is
    'The person who sees the customer: a member of the tenant; null for nobody.';
comment on column api.customers.vat_id is
    'VAT id such as NL123456789B01; its form is checked, then the register is asked.';
comment on column api.customers.vat_id_state is
    'none; unchecked until the register has answered; valid or invalid.';
comment on column api.customers.vat_id_checked_at is 'When the register answered.';
comment on column api.customers.vat_id_evidence is
    'What it answered, with the consultation number that proves it.';
comment on column api.customers.tax_number is 'Number at the tax office.';
comment on column api.customers.buyer_reference is
    'What the buyer wants to see on invoices: an order or a route (Leitweg-ID).';
comment on column api.customers.erased_at is
    'When the person was erased; nothing can be changed after that.';
comment on column api.customers.created_at is 'When the row was made.';
comment on column api.customers.updated_at is 'When the row was last changed.';
