-- Cards on file.
create or replace view api.cards
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.account_id,
    c.payment_provider_id,
    c.brand,
    c.last4,
    c.expires_on,
    c.state,
    c.created_at,
    c.updated_at
from core.cards as c;

grant select (
    tenant_id, id, account_id, payment_provider_id, brand, last4, expires_on, state, created_at,
    updated_at
) on api.cards to staff, customer, platform;

comment on view api.cards is
    E'Cards that customers left for later: for filling a wallet by itself, and for invoices.\n'
    'The provider has the number; customers see their own cards.';
comment on column api.cards.tenant_id is 'The tenant that owns the row.';
comment on column api.cards.id is 'Number of the row.';
comment on column api.cards.account_id is 'The account that it is about.';
comment on column api.cards.payment_provider_id is
    'The card provider (payment_providers); null for others.';
comment on column api.cards.brand is 'visa, mastercard, ...';
comment on column api.cards.last4 is 'The last four digits.';
comment on column api.cards.expires_on is 'The last day on which it is good.';
comment on column api.cards.state is 'active, or removed.';
comment on column api.cards.created_at is 'When the row was made.';
comment on column api.cards.updated_at is 'When the row was last changed.';
