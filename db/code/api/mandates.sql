-- Mandates, writable.
create or replace view api.mandates
with (security_invoker = true) as
select
    m.tenant_id,
    m.id,
    m.account_id,
    m.reference,
    m.scheme,
    m.account_holder,
    m.iban,
    m.bic,
    m.signed_on,
    m.state,
    m.revoked_at,
    m.created_at,
    m.updated_at
from core.mandates as m;
alter view api.mandates alter column tenant_id set default claims.tenant_id();
alter view api.mandates alter column scheme set default 'CORE';
alter view api.mandates alter column state set default 'pending';

grant select (
    tenant_id, id, account_id, reference, scheme, account_holder, iban, bic, signed_on, state,
    revoked_at, created_at, updated_at
) on api.mandates to staff, platform;
grant insert (
    tenant_id, account_id, reference, scheme, account_holder, iban, bic, signed_on, state
) on api.mandates to staff, platform;
grant update (
    scheme, account_holder, iban, bic, signed_on, state
) on api.mandates to staff, platform;

comment on view api.mandates is
    E'Leave to collect an account''s invoices by SEPA direct debit.\n'
    'An account has one active mandate. What was signed stays as it is: revoke it (state) and '
    'make a new one. Written with the permission customers.write.';
comment on column api.mandates.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.mandates.id is 'Number of the mandate.';
comment on column api.mandates.account_id is 'The account whose invoices are collected with it.';
comment on column api.mandates.reference is
    'What the mandate is called; made when left out, never changed.';
comment on column api.mandates.scheme is 'CORE, or B2B between companies.';
comment on column api.mandates.account_holder is 'Who owns the bank account.';
comment on column api.mandates.iban is 'The bank account.';
comment on column api.mandates.bic is 'Its bank, where the IBAN does not say.';
comment on column api.mandates.signed_on is
    'The day of the signature; without it the mandate cannot be active.';
comment on column api.mandates.state is
    'pending, active, revoked, or expired after 36 months without a collection.';
comment on column api.mandates.revoked_at is 'When it was revoked.';
comment on column api.mandates.created_at is 'When the row was made.';
comment on column api.mandates.updated_at is 'When the row was last changed.';
