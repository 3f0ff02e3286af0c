-- Payouts of card providers.
create or replace view api.payouts
with (security_invoker = true) as
select
    o.tenant_id,
    o.id,
    o.payment_provider_id,
    o.provider_payout_id,
    o.amount,
    o.currency,
    o.arrives_on,
    o.state,
    o.created_at,
    o.updated_at
from core.payouts as o;

grant select (
    tenant_id, id, payment_provider_id, provider_payout_id, amount, currency, arrives_on, state,
    created_at, updated_at
) on api.payouts to staff, platform;

comment on view api.payouts is
    E'What card providers sent to the bank.\n'
    'The books move when a bank statement has it: match that line with card_clearing.';
comment on column api.payouts.tenant_id is 'The tenant that owns the row.';
comment on column api.payouts.id is 'Number of the row.';
comment on column api.payouts.payment_provider_id is
    'The card provider (payment_providers); null for others.';
comment on column api.payouts.provider_payout_id is 'The payout, as the provider names it.';
comment on column api.payouts.amount is 'How much.';
comment on column api.payouts.currency is 'Currency (ISO 4217).';
comment on column api.payouts.arrives_on is 'When the bank is to have it.';
comment on column api.payouts.state is
    'paid, in_transit, failed, ... in the words of the provider.';
comment on column api.payouts.created_at is 'When the row was made.';
comment on column api.payouts.updated_at is 'When the row was last changed.';
