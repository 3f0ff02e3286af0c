-- A customer's own mandates, read-only, without the whole IBAN.
create or replace view api.my_mandates
with (security_invoker = true) as
select
    m.tenant_id,
    m.id,
    m.account_id,
    m.reference,
    m.scheme,
    m.account_holder,
    m.iban_masked as iban,
    m.signed_on,
    m.state,
    m.revoked_at,
    m.created_at
from core.mandates as m;

grant select (
    tenant_id, id, account_id, reference, scheme, account_holder, iban, signed_on, state,
    revoked_at, created_at
) on api.my_mandates to customer;

comment on view api.my_mandates is
    E'Leave that you gave to collect your invoices by SEPA direct debit.\n'
    'Those of your own accounts.';
comment on column api.my_mandates.tenant_id is 'The tenant.';
comment on column api.my_mandates.id is 'Number of the mandate.';
comment on column api.my_mandates.account_id is 'The account whose invoices are collected with it.';
comment on column api.my_mandates.reference is
    'What the mandate is called; made when left out, never changed.';
comment on column api.my_mandates.scheme is 'CORE, or B2B between companies.';
comment on column api.my_mandates.account_holder is 'Who owns the bank account.';
comment on column api.my_mandates.iban is 'The bank account, its middle masked.';
comment on column api.my_mandates.signed_on is
    'The day of the signature; without it the mandate cannot be active.';
comment on column api.my_mandates.state is
    'pending, active, revoked, or expired after 36 months without a collection.';
comment on column api.my_mandates.revoked_at is 'When it was revoked.';
comment on column api.my_mandates.created_at is 'When the row was made.';
