-- Addresses of customers, writable.
create or replace view api.customer_addresses
with (security_invoker = true) as
select
    a.tenant_id,
    a.customer_id,
    a.kind,
    a.name,
    a.address_line,
    a.address_line2,
    a.postal_code,
    a.city,
    a.country_code,
    a.created_at,
    a.updated_at
from core.customer_addresses as a;
alter view api.customer_addresses alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, customer_id, kind, name, address_line, address_line2, postal_code, city,
    country_code, created_at, updated_at
) on api.customer_addresses to staff, customer, platform;
grant insert (
    tenant_id, customer_id, kind, name, address_line, address_line2, postal_code, city,
    country_code
) on api.customer_addresses to staff, platform;
grant update (
    name, address_line, address_line2, postal_code, city, country_code
) on api.customer_addresses to staff, platform;
grant delete on api.customer_addresses to staff, platform;

comment on view api.customer_addresses is
    E'Where invoices of a customer go, and where it is served.\n'
    'Without a billing address no invoice is written.';
comment on column api.customer_addresses.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.customer_addresses.customer_id is 'The customer.';
comment on column api.customer_addresses.kind is 'billing or delivery.';
comment on column api.customer_addresses.name is
    'Who is addressed there, when it is another than the customer.';
comment on column api.customer_addresses.address_line is 'Street and house number.';
comment on column api.customer_addresses.address_line2 is 'More of the address.';
comment on column api.customer_addresses.postal_code is 'Postal code.';
comment on column api.customer_addresses.city is 'Town.';
comment on column api.customer_addresses.country_code is
    'Country: two capital letters of ISO 3166-1.';
comment on column api.customer_addresses.created_at is 'When the row was made.';
comment on column api.customer_addresses.updated_at is 'When the row was last changed.';
