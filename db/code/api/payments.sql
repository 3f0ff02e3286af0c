-- Payments: money that moves, and how far it has come.
create or replace view api.payments
with (security_invoker = true) as
select
    p.tenant_id,
    p.id,
    p.legal_entity_id,
    p.account_id,
    p.direction,
    p.purpose,
    p.method,
    p.provider,
    p.provider_payment_id,
    p.payment_provider_id,
    p.card_id,
    p.end_to_end_id,
    p.amount,
    p.currency,
    coalesce(a.allocated, 0) as allocated,
    coalesce(r.refunded, 0) as refunded,
    p.fee,
    p.state,
    p.failure,
    p.reason,
    p.invoice_id,
    p.mandate_id,
    p.debit_batch_id,
    p.refunded_payment_id,
    p.booked_on,
    p.notified_on,
    p.collect_on,
    p.checkout_url,
    p.created_by,
    p.created_at,
    p.updated_at
from core.payments as p
left join lateral (
    select sum(l.amount) as allocated
    from core.allocations as l
    where l.tenant_id = p.tenant_id and l.payment_id = p.id
) as a on true
left join lateral (
    select sum(f.amount) as refunded
    from core.payments as f
    where f.tenant_id = p.tenant_id and f.refunded_payment_id = p.id and f.state = 'succeeded'
) as r on true;

grant select (
    tenant_id, id, legal_entity_id, account_id, direction, purpose, method, provider,
    provider_payment_id, payment_provider_id, card_id, end_to_end_id, amount, currency,
    allocated, refunded, fee, state, failure, reason, invoice_id, mandate_id, debit_batch_id,
    refunded_payment_id, booked_on, notified_on, collect_on, checkout_url, created_by,
    created_at, updated_at
) on api.payments to staff, customer, platform;

create trigger payments__refuse_change instead of insert or update or delete on api.payments
for each row execute function audit.tg_view__refuse_change();

comment on view api.payments is
    E'Payments and refunds with their state.\n'
    'pending (asked for), submitted (on its way), unknown (nobody answered; it is being asked '
    'for), succeeded, failed, returned or cancelled. Customers see those of their accounts, '
    'staff with billing.read all.';
comment on column api.payments.tenant_id is 'The tenant that owns the row.';
comment on column api.payments.id is 'Number of the row.';
comment on column api.payments.legal_entity_id is 'Whose money it is.';
comment on column api.payments.account_id is 'The account that it is about.';
comment on column api.payments.direction is 'in, or out for a refund.';
comment on column api.payments.purpose is 'invoice, top_up of a wallet, or refund.';
comment on column api.payments.method is 'bank_transfer, sepa_debit, card or wallet.';
comment on column api.payments.provider is 'Who moves it: bank, stripe, or wallet.';
comment on column api.payments.provider_payment_id is 'What the provider names it by.';
comment on column api.payments.payment_provider_id is
    'The card provider (payment_providers); null for others.';
comment on column api.payments.card_id is
    'The card on file that is charged; null when the customer pays on a page.';
comment on column api.payments.end_to_end_id is
    'The reference that goes with it through the banks.';
comment on column api.payments.amount is 'How much.';
comment on column api.payments.currency is 'Currency (ISO 4217).';
comment on column api.payments.allocated is 'How much of it settles invoices.';
comment on column api.payments.refunded is 'How much of it was given back.';
comment on column api.payments.fee is 'What bank or provider charged for it.';
comment on column api.payments.state is 'How far it has come.';
comment on column api.payments.failure is 'Why it failed or was returned.';
comment on column api.payments.reason is 'Why it is refunded.';
comment on column api.payments.invoice_id is 'The invoice that it is for.';
comment on column api.payments.mandate_id is 'The mandate of a direct debit.';
comment on column api.payments.debit_batch_id is 'The file of direct debits that it is in.';
comment on column api.payments.refunded_payment_id is 'The payment that a refund gives back.';
comment on column api.payments.booked_on is 'When it was booked.';
comment on column api.payments.notified_on is 'When the direct debit was announced.';
comment on column api.payments.collect_on is 'When the direct debit is due.';
comment on column api.payments.checkout_url is
    'The page on which the customer pays by card; null until the provider has made it.';
comment on column api.payments.created_by is 'Who asked for it.';
comment on column api.payments.created_at is 'When the row was made.';
comment on column api.payments.updated_at is 'When the row was last changed.';
