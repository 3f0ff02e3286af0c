-- What card providers hold.
create or replace view api.provider_balances
with (security_invoker = true) as
select
    b.tenant_id,
    b.payment_provider_id,
    b.proven_on,
    b.currency,
    b.amount,
    b.asked_at
from core.provider_balances as b;

grant select (
    tenant_id, payment_provider_id, proven_on, currency, amount, asked_at
) on api.provider_balances to staff, platform;

comment on view api.provider_balances is
    E'What card providers say they hold for us, at the end of each day.';
comment on column api.provider_balances.tenant_id is 'The tenant that owns the row.';
comment on column api.provider_balances.payment_provider_id is
    'The card provider (payment_providers); null for others.';
comment on column api.provider_balances.proven_on is 'The day.';
comment on column api.provider_balances.currency is 'Currency (ISO 4217).';
comment on column api.provider_balances.amount is 'How much, available or on its way.';
comment on column api.provider_balances.asked_at is 'When it was asked.';
